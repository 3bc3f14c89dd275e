package dev.lodestone.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Where answers stand in a text. */
final class Occurrences {
  private Occurrences() {}

  /**
   * All places where one of the answers stands, letter case aside, as spans named {@code answer} in code points; places
   * that overlap become one. Whole words first: only if no answer stands as whole words, parts of words count.
   */
  static List<Span> of(Collection<String> answers, String text) {
    var found = find(answers, text, true);
    return found.isEmpty() ? find(answers, text, false) : found;
  }

  private static List<Span> find(Collection<String> answers, String text, boolean wholeWords) {
    List<Span> hits = new ArrayList<>(); // UTF-16 positions
    for (var answer : answers) {
      for (int i = 0; !answer.isEmpty() && i + answer.length() <= text.length(); i++) {
        int end = i + answer.length();
        if (text.regionMatches(true, i, answer, 0, answer.length())
            && (!wholeWords || (!joins(text, i) && !joins(text, end)))) {
          hits.add(new Span("answer", i, end));
        }
      }
    }
    hits.sort(Comparator.comparingInt(Span::start));
    List<Span> merged = new ArrayList<>();
    for (var hit : hits) {
      int last = merged.size() - 1;
      if (last >= 0 && hit.start() < merged.get(last).end()) {
        var before = merged.get(last);
        merged.set(last, new Span("answer", before.start(), Math.max(before.end(), hit.end())));
      } else {
        merged.add(hit);
      }
    }
    merged.replaceAll(s -> new Span("answer", text.codePointCount(0, s.start()), text.codePointCount(0, s.end())));
    return merged;
  }

  /** Whether letters or digits stand on both sides of a position. */
  private static boolean joins(String text, int position) {
    return position > 0 && position < text.length() && Character.isLetterOrDigit(text.codePointBefore(position))
        && Character.isLetterOrDigit(text.codePointAt(position));
  }
}
