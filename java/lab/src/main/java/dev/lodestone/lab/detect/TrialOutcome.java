package dev.lodestone.lab.detect;

/**
 * How a trial went: whether its answer counts, and why not.
 *
 * @param id the sample's id
 * @param verdict what became of it
 * @param recall ROUGE-1 recall of the answer, from 0 to 1
 * @param text what the model said; for samples without text its tokens
 */
public record TrialOutcome(String id, Verdict verdict, double recall, String text) {
  /** What a trial came to. */
  public enum Verdict {
    /** The answer was given: the trial counts. */
    PASSED("gave the answer"),
    /** The model's first token ended the text. */
    SILENT("said nothing"),
    /** Something else was said. */
    WRONG("said something else"),
    /** Something else was said, and no end had come when the tokens ran out. */
    CUT("said something else up to the last token allowed");

    private final String words;

    Verdict(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  public boolean passed() {
    return verdict == Verdict.PASSED;
  }
}
