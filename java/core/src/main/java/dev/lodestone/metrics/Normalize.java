package dev.lodestone.metrics;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * SQuAD's answer normalisation: lower case, ASCII punctuation dropped, the words a/an/the replaced by a space, white
 * space collapsed; in that order (Rajpurkar et al. 2016, official evaluation script). Two published codes differ in
 * what a word is, and so in which articles go: Python's {@code re} counts letters, numbers and the underscore,
 * the module {@code regex} (used by Lost in the Middle) counts combining marks too.
 */
public enum Normalize {
  /** As SQuAD, MuSiQue, LongBench and HELMET do it. */
  SQUAD("[\\p{L}\\p{N}_]"),
  /** As Lost in the Middle does it: a combining mark belongs to the word before it. */
  LOST_IN_THE_MIDDLE("[\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{IsJoin_Control}]");

  private final Pattern articles;

  Normalize(String wordCharacter) {
    // Spelled out instead of \b, whose idea of a word changed between JDK 17 and 19.
    articles = Pattern.compile("(?<!" + wordCharacter + ")(?:an?|the)(?!" + wordCharacter + ")");
  }

  public String apply(String text) {
    var kept = new StringBuilder(text.length());
    text.toLowerCase(Locale.ROOT).chars().filter(c -> !isAsciiPunctuation(c)).forEach(c -> kept.append((char) c));
    return collapse(articles.matcher(kept).replaceAll(" "));
  }

  /** The words of the normalised text; none for a text of articles and punctuation only. */
  public String[] words(String text) {
    var normal = apply(text);
    return normal.isEmpty() ? new String[0] : normal.split(" ");
  }

  private static boolean isAsciiPunctuation(int c) {
    return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
  }

  /** White space as Python's str.split() sees it: Unicode's White_Space and the four separators U+001C to U+001F. */
  static boolean isSpace(int c) {
    return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f) || c == 0x85 || c == 0xa0 || c == 0x1680
        || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
  }

  /** Without white space at either end, like Python's str.strip(). */
  static String strip(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (end > start && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  /** Runs of white space become one blank; none is left at either end. */
  static String collapse(String text) {
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isSpace(c)) {
        out.append(c);
      } else if (out.length() > 0 && out.charAt(out.length() - 1) != ' ') {
        out.append(' ');
      }
    }
    int end = out.length();
    return out.substring(0, end > 0 && out.charAt(end - 1) == ' ' ? end - 1 : end);
  }
}
