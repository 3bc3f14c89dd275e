package dev.lodestone.synth.world;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.synth.SplitMix;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Symbols instead of words, for the purely symbolic sets of Zhao et al. 2024 (arXiv 2410.22316); the notation is ours.
 * An entity is {@code e} and six digits, a relation {@code r} and two, a fact "e402917 r07 e118264 .", a question
 * "e402917 r07 r12 ?": subject, then the relations to follow. Every symbol is as long as the others in tokens, whether
 * a tokenizer takes digits one by one or in threes, and no part of it is rare. A document is the line of its facts.
 *
 * <p>One for each sample, like its {@link World}: it remembers which symbol is whose. Symbols of entities are drawn for
 * each sample anew, even ones for {@code TRAIN} and odd ones for {@code EVAL}; a relation keeps its symbol.
 */
public final class Symbolic implements Expression {
  private static final int LEAST = 100_000;
  private static final int SYMBOLS = 900_000;
  private static final int MOST = 400_000; // of a split's 450,000, so that a free one is found soon
  private static final String END = " .";

  private final Map<String, String> relations = new HashMap<>();
  private final Map<String, String> entities = new HashMap<>();
  private final BitSet taken = new BitSet();
  private final Split split;
  private final SplitMix random;

  /**
   * @param relations facts must be of these
   * @param random draws the symbols of the entities
   */
  public Symbolic(Relations relations, Split split, SplitMix random) {
    int number = 0;
    for (var r : relations.all()) {
      this.relations.put(r.id(), number < 10 ? "r0" + number : "r" + number);
      number++;
    }
    this.split = split;
    this.random = random;
  }

  @Override
  public Passage document(Fact main, List<Fact> others, SplitMix random) {
    var text = new StringBuilder(24 * (1 + others.size()));
    int mainAt = random.nextInt(1 + others.size());
    int start = 0;
    int end = 0;
    for (int i = 0; i <= others.size(); i++) {
      text.append(i == 0 ? "" : " ");
      if (i == mainAt) {
        start = text.length();
        append(text, main);
        end = text.length();
      } else {
        append(text, others.get(i < mainAt ? i : i - 1));
      }
    }
    int answerEnd = end - END.length();
    return new Passage(symbol(main.subject()), text.toString(), List.of(new Span("fact", start, end),
        new Span("answer", answerEnd - answer(main).length(), answerEnd)));
  }

  /** The same; symbols have one way to be put, so the variant changes nothing. */
  @Override
  public Passage document(Fact main, List<Fact> others, int variant, SplitMix random) {
    return document(main, others, random);
  }

  @Override
  public String sentence(Fact fact, SplitMix random) {
    return statement(fact);
  }

  @Override
  public String statement(Fact fact) {
    var text = new StringBuilder();
    append(text, fact);
    return text.toString();
  }

  @Override
  public String question(List<Fact> chain, SplitMix random) {
    var text = new StringBuilder(symbol(chain.get(0).subject()));
    chain.forEach(fact -> text.append(' ').append(symbol(fact.relation())));
    return text.append(" ?").toString();
  }

  @Override
  public String answer(Fact last) {
    return symbol(last.object());
  }

  private void append(StringBuilder out, Fact fact) {
    out.append(symbol(fact.subject())).append(' ').append(symbol(fact.relation())).append(' ')
        .append(symbol(fact.object())).append(END);
  }

  private String symbol(Relation relation) {
    var symbol = relations.get(relation.id());
    if (symbol == null) {
      throw new IllegalArgumentException("expected a fact of these relations but found " + relation);
    }
    return symbol;
  }

  private String symbol(Entity entity) {
    var symbol = entities.get(entity.name());
    if (symbol == null) {
      symbol = draw();
      entities.put(entity.name(), symbol);
    }
    return symbol;
  }

  private String draw() {
    if (entities.size() >= MOST) {
      throw new LodestoneException("Expected at most " + MOST + " symbols in a sample; make samples shorter.");
    }
    while (true) {
      int number = split.of(random.nextInt(SYMBOLS));
      if (!taken.get(number)) {
        taken.set(number);
        return "e" + (LEAST + number);
      }
    }
  }
}
