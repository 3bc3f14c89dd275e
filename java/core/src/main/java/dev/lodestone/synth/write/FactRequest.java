package dev.lodestone.synth.write;

import java.util.List;

/**
 * A text to be written around facts.
 *
 * @param title of the document; empty for a sentence that stands alone
 * @param facts what the text must say
 * @param forbidden what must not stand in the text as words of its own, letter case aside: names that would make a
 *     distractor an answer, say
 * @param words about how many; a document may have from half to twice as many
 * @param seed picks the kind of document and goes to the model
 */
public record FactRequest(String title, List<Fact> facts, List<String> forbidden, int words, long seed) {
  private static final int SENTENCE_WORDS = 25;

  /**
   * One fact.
   *
   * @param statement the fact as a plain sentence
   * @param required the names and values that must stand in the text to the letter, as words of their own
   */
  public record Fact(String statement, List<String> required) {
    public Fact {
      required = List.copyOf(required);
    }
  }

  public FactRequest {
    if (words < 1) {
      throw new IllegalArgumentException("expected at least one word: " + words);
    }
    facts = List.copyOf(facts);
    forbidden = List.copyOf(forbidden);
  }

  /** A document of one of several kinds: article, letter, interview ... */
  public static FactRequest document(String title, List<Fact> facts, List<String> forbidden, int words, long seed) {
    if (title.isBlank()) {
      throw new IllegalArgumentException("expected a document with a title");
    }
    return new FactRequest(title, facts, forbidden, words, seed);
  }

  /** One sentence, for a needle. */
  public static FactRequest sentence(Fact fact, List<String> forbidden, long seed) {
    return new FactRequest("", List.of(fact), forbidden, SENTENCE_WORDS, seed);
  }

  boolean isSentence() {
    return title.isEmpty();
  }

  /** The required strings of all facts, each once. */
  List<String> required() {
    return facts.stream().flatMap(fact -> fact.required().stream()).distinct().toList();
  }
}
