package dev.lodestone.lab.detect;

/**
 * The input of RazorAttention's detectors (arXiv 2407.15891).
 *
 * @param length random tokens that are repeated {@link #TIMES} times; 2,500 there
 * @param trials how many such sequences
 * @param start the token that each begins with; null for none
 * @param seed of the tokens
 */
public record Repeats(int length, int trials, Integer start, long seed) {
  public static final int TIMES = 4;
  public static final int LENGTH = 2_500;

  public Repeats {
    if (length < 1 || trials < 1) {
      throw new IllegalArgumentException("expected at least one token and trial: " + length + ", " + trials);
    }
  }

  /** Tokens of a sequence. */
  public int tokens() {
    return Math.addExact(Math.multiplyExact(TIMES, length), start == null ? 0 : 1);
  }
}
