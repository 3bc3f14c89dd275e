package dev.lodestone.data;

/**
 * A named half-open range {@code [start, end)} of a sample: of code points in a text, of tokens in a token sample.
 * Names in use: {@code needle}, {@code answer}, {@code query}, {@code key}, {@code document:7}, {@code distractor:3}.
 */
public record Span(String name, int start, int end) {
  public Span {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException("span " + name + ": expected 0 <= start < end but found " + start + ", "
          + end);
    }
  }

  public int length() {
    return end - start;
  }

  /** The same range further to the right. */
  public Span shift(int by) {
    return new Span(name, start + by, end + by);
  }
}
