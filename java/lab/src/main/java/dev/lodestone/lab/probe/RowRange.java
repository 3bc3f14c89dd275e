package dev.lodestone.lab.probe;

import dev.lodestone.LodestoneException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rows {@code begin:end} of a sample, half open, as in Python: either side may be left out, and a negative number
 * counts from the end ({@code -4:} is the last four rows). A null side is open.
 */
public record RowRange(Integer begin, Integer end) {
  /** Every row. */
  public static final RowRange ALL = new RowRange(null, null);

  private static final Pattern WORDS = Pattern.compile("\\s*(-?\\d{1,9})?\\s*:\\s*(-?\\d{1,9})?\\s*");

  /** Reads {@code 448:512}, {@code -4:}, {@code :10} or {@code :}. */
  public static RowRange parse(String text) {
    Matcher sides = WORDS.matcher(text);
    if (!sides.matches()) {
      throw new LodestoneException("expected rows as BEGIN:END, such as 448:512 or -4:, but found '" + text + "'");
    }
    return new RowRange(number(sides.group(1)), number(sides.group(2)));
  }

  /** The rows of a sample with so many tokens. */
  public Resolved resolve(int tokens, String sample) {
    long from = begin == null ? 0 : begin < 0 ? (long) tokens + begin : begin;
    long to = end == null ? tokens : end < 0 ? (long) tokens + end : end;
    if (from < 0 || to > tokens || from >= to) {
      throw new LodestoneException("sample " + sample + ": expected rows within its " + tokens + " tokens but found "
          + this);
    }
    return new Resolved((int) from, (int) to);
  }

  /** Rows {@code [begin, end)}, at least one. */
  public record Resolved(int begin, int end) {
    public int count() {
      return end - begin;
    }
  }

  private static Integer number(String text) {
    return text == null ? null : Integer.valueOf(text);
  }

  @Override
  public String toString() {
    return (begin == null ? "" : begin) + ":" + (end == null ? "" : end);
  }
}
