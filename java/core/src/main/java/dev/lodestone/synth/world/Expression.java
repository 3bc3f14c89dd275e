package dev.lodestone.synth.world;

import dev.lodestone.synth.SplitMix;
import java.util.List;

/** How facts are put: in English or in symbols. */
public interface Expression {
  /** A document with the main fact at a place of chance among the others; templates are chosen by chance. */
  Passage document(Fact main, List<Fact> others, SplitMix random);

  /**
   * The same with the template of the main fact chosen by number: documents of different variants put one fact by
   * different sentences (as far as there are templates), none of them as {@link #statement} does.
   */
  Passage document(Fact main, List<Fact> others, int variant, SplitMix random);

  /** A fact as one sentence. */
  String sentence(Fact fact, SplitMix random);

  /** A fact as one sentence, always the same: an insight to find support for. */
  String statement(Fact fact);

  /**
   * Asks for the object of the last fact, given the subject of the first.
   *
   * @param chain each fact is about the object of the one before
   */
  String question(List<Fact> chain, SplitMix random);

  /** The object as the documents name it. */
  String answer(Fact last);
}
