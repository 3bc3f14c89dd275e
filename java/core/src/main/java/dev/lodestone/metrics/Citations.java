package dev.lodestone.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The numbers of the documents that a text cites, in the order of the text; a number may come several times. */
public final class Citations {
  private static final Pattern BRACKETS = Pattern.compile("\\[([\\d, ]+)\\]", Pattern.UNICODE_CHARACTER_CLASS);

  // Numbers and ranges, joined by commas, semicolons, "&", "and" or line breaks with or without a bullet. Everything is
  // possessive: Java's other loops over groups need stack for every turn, and texts are not to be trusted with time.
  private static final String NUMBER = "\\d{1,9}+(?!\\w)";
  private static final String RANGE = "(" + NUMBER + ")(?:[ \\t]*+(?:-|–|—|to|through)[ \\t]*+(" + NUMBER + "))?+";
  private static final String JOINT =
      "(?:\\s*+(?:[,;&]\\s*+(?:and\\s++)?+|and\\s++)|[ \\t]*+\\n\\s*+(?:[-*•][ \\t]*+)?+)";
  private static final String LIST = RANGE + "(?:" + JOINT + RANGE + ")*+";
  private static final String UNITS = "\\b(?:articles?|documents?|docs?\\.?)\\s*+(?:nos?\\.?\\s*+|numbers?\\s*+|#\\s*+)?+";
  private static final Pattern NAMED = Pattern.compile("(?i)[\\[(]\\s*+" + LIST + "\\s*+[\\])]|" + UNITS + LIST);
  private static final Pattern BARE = Pattern.compile("(?i)(?:[-*•][ \\t]*+)?+" + LIST + "\\.?");
  private static final Pattern ONE_RANGE = Pattern.compile("(?i)" + RANGE);
  private static final int WIDEST_RANGE = 1000; // a wider one is its two ends

  private Citations() {}

  /**
   * As Summary of a Haystack reads them (Laban et al. 2024, utils_eval.py): digits, commas and blanks in square brackets,
   * such as {@code [1][4]} or {@code [1, 4]}. {@code [3-5]}, {@code (3)} and {@code [12a]} cite nothing. Where the
   * original fails, on {@code [1 4]}, nothing is cited either.
   */
  public static List<Integer> strict(String text) {
    List<Integer> numbers = new ArrayList<>();
    var brackets = BRACKETS.matcher(text);
    while (brackets.find()) {
      for (var part : brackets.group(1).split(",")) {
        var number = Normalize.strip(part);
        if (!number.isEmpty() && number.codePoints().allMatch(Character::isDigit)) {
          numbers.add(parse(number));
        }
      }
    }
    return numbers;
  }

  /**
   * This project's own reading, for models that do not keep to the form: numbers and ranges in square or round brackets
   * ({@code [1][4]}, {@code [3-5]}, {@code (3)}), and after the words article and document ({@code Article 3},
   * {@code Documents 1, 4 and 7 to 9}); if there are none, a text of nothing but numbers ({@code 1, 4 and 7}).
   */
  public static List<Integer> lenient(String text) {
    List<Integer> numbers = new ArrayList<>();
    var named = NAMED.matcher(text);
    while (named.find()) {
      addList(numbers, named.group());
    }
    var stripped = Normalize.strip(text);
    if (numbers.isEmpty() && BARE.matcher(stripped).matches()) {
      addList(numbers, stripped);
    }
    return numbers;
  }

  private static void addList(List<Integer> numbers, String list) {
    var ranges = ONE_RANGE.matcher(list);
    while (ranges.find()) {
      int first = parse(ranges.group(1));
      int last = ranges.group(2) == null ? first : parse(ranges.group(2));
      if (first < last && last - first <= WIDEST_RANGE) {
        IntStream.rangeClosed(first, last).forEach(numbers::add);
      } else {
        Stream.of(first, last).distinct().forEach(numbers::add);
      }
    }
  }

  /** What does not fit is the largest number, which no document has. */
  private static int parse(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      return Integer.MAX_VALUE;
    }
  }
}
