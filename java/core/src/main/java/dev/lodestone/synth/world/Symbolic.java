package dev.lodestone.synth.world;

import dev.lodestone.data.Span;
import dev.lodestone.synth.SplitMix;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Symbols instead of words, for the purely symbolic sets of Zhao et al. 2024 (arXiv 2410.22316); the notation is ours.
 * The entities of {@link World#symbolic} are {@code e} and six digits, a relation is {@code r} and two, a fact
 * "e402917 r07 e118264 .", a question "e402917 r07 r12 ?": subject, then the relations to follow. Every symbol is as
 * long as the others in tokens, whether a tokenizer takes digits one by one or in threes, and no part of it is rare. A
 * document is the line of its facts. Entities are drawn anew for each sample; a relation keeps its symbol. It holds no
 * state and can be shared between threads.
 */
public final class Symbolic implements Expression {
  private static final String END = " .";

  private final Map<String, String> symbols = new HashMap<>();

  /** With a symbol for each of those relations, by their order; facts must be of the same relations. */
  public Symbolic(Relations relations) {
    for (var r : relations.all()) {
      symbols.put(r.id(), (symbols.size() < 10 ? "r0" : "r") + symbols.size());
    }
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
    return new Passage(main.subject().name(), text.toString(), List.of(new Span("fact", start, end),
        new Span("answer", answerEnd - main.object().name().length(), answerEnd)));
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
    var text = new StringBuilder(chain.get(0).subject().name());
    chain.forEach(fact -> text.append(' ').append(symbol(fact.relation())));
    return text.append(" ?").toString();
  }

  @Override
  public String answer(Fact last) {
    return last.object().name();
  }

  private void append(StringBuilder out, Fact fact) {
    out.append(fact.subject().name()).append(' ').append(symbol(fact.relation())).append(' ')
        .append(fact.object().name()).append(END);
  }

  private String symbol(Relation relation) {
    var symbol = symbols.get(relation.id());
    if (symbol == null) {
      throw new IllegalArgumentException("expected a fact of these relations but found " + relation);
    }
    return symbol;
  }
}
