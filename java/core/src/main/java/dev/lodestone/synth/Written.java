package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.synth.world.Expression;
import dev.lodestone.synth.world.Fact;
import dev.lodestone.synth.world.Passage;
import dev.lodestone.synth.write.FactRequest;
import dev.lodestone.synth.write.FactWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Documents composed by a language model from the facts; questions, insights and answers stay those of the templates.
 * Which document comes back depends on the facts and the stream of chance, and on what the model says.
 */
public final class Written implements Expression {
  private static final int FEWEST_WORDS = 60;
  private static final int MORE_WORDS = 60;

  /** The writer gave a document up; something else has to be asked for. */
  public static final class Dropped extends LodestoneException {
    Dropped(Fact fact) {
      super("Expected a document that says \"" + fact.subject().name() + ", " + fact.relation() + ", "
          + fact.object().name() + "\" but the writer lost it in every attempt; try another model.");
    }
  }

  private final Expression templates;
  private final FactWriter writer;

  /** @param templates say each fact to the writer, and ask for it */
  public Written(Expression templates, FactWriter writer) {
    this.templates = templates;
    this.writer = writer;
  }

  @Override
  public Passage document(Fact main, List<Fact> others, SplitMix random) {
    List<FactRequest.Fact> facts = new ArrayList<>();
    facts.add(request(main));
    others.forEach(fact -> facts.add(request(fact)));
    random.shuffle(facts);
    var title = main.subject().name();
    int words = FEWEST_WORDS + random.nextInt(MORE_WORDS);
    var text = writer.write(FactRequest.document(title, facts, List.of(), words, random.nextLong() >>> 1))
        .orElseThrow(() -> new Dropped(main));
    int answer = text.indexOf(main.object().name()); // the writer's check saw it there
    int start = text.codePointCount(0, answer);
    int end = start + text.codePointCount(answer, answer + main.object().name().length());
    return new Passage(title, text, List.of(new Span("answer", start, end)));
  }

  /** Every document of a model's is in its own words, so the variant changes nothing. */
  @Override
  public Passage document(Fact main, List<Fact> others, int variant, SplitMix random) {
    return document(main, others, random);
  }

  @Override
  public String sentence(Fact fact, SplitMix random) {
    return templates.sentence(fact, random);
  }

  @Override
  public String statement(Fact fact) {
    return templates.statement(fact);
  }

  @Override
  public String question(List<Fact> chain, SplitMix random) {
    return templates.question(chain, random);
  }

  @Override
  public String answer(Fact last) {
    return templates.answer(last);
  }

  private FactRequest.Fact request(Fact fact) {
    return new FactRequest.Fact(templates.statement(fact), List.of(fact.subject().name(), fact.object().name()));
  }
}
