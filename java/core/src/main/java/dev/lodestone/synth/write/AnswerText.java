package dev.lodestone.synth.write;

import java.util.regex.Pattern;

/** Takes off what chat models put around a text: thoughts, fences, headings, a word before and after. */
final class AnswerText {
  private static final Pattern THOUGHTS = Pattern.compile("^\\s*<think>.*?</think>", Pattern.DOTALL);
  private static final Pattern FENCE = Pattern.compile("(?m)^```.*$");
  private static final Pattern MARKS = Pattern.compile("(?m)^#{1,6} +|\\*\\*");
  private static final Pattern TITLE_WORD = Pattern.compile("(?i)^title: *");
  private static final Pattern BEFORE = Pattern.compile(
      "(?i)^(?:(?:sure|certainly|of course|absolutely|okay|ok|great)[,.!:][^\\n]*|here(?: is|'s|’s) [^\\n]*:) *\\n");
  private static final Pattern AFTER = Pattern.compile(
      "(?i)\\n+(?:let me know|feel free|i hope (?:this|that) |would you like me|\\(?word count|\\(?note: )[^\\n]*$");
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\\n\\t]]");
  private static final Pattern GAPS = Pattern.compile("[ \\t]*\\n(?:[ \\t]*\\n)+");

  private AnswerText() {}

  /** The text itself; a first line that repeats the title is left out too. */
  static String clean(String answer, String title) {
    String text = CONTROL.matcher(answer).replaceAll("");
    text = THOUGHTS.matcher(text).replaceFirst("");
    text = FENCE.matcher(text).replaceAll("").strip();
    text = BEFORE.matcher(text).replaceFirst("").strip();
    text = AFTER.matcher(text).replaceFirst("").strip();
    text = withoutTitle(MARKS.matcher(text).replaceAll(""), title);
    text = GAPS.matcher(text).replaceAll("\n\n");
    boolean quoted = text.length() > 1 && text.startsWith("\"") && text.indexOf('"', 1) == text.length() - 1;
    return quoted ? text.substring(1, text.length() - 1) : text;
  }

  private static String withoutTitle(String text, String title) {
    int end = text.indexOf('\n');
    if (end < 0) {
      return text;
    }
    String first = text.substring(0, end).strip();
    boolean marked = TITLE_WORD.matcher(first).find();
    boolean same = !title.isEmpty() && first.replace("\"", "").equalsIgnoreCase(title.replace("\"", ""));
    return marked || same ? text.substring(end).strip() : text;
  }
}
