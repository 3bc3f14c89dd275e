package dev.lodestone.data;

import java.util.function.LongPredicate;
import java.util.stream.Stream;

/** Hashes of the runs of n words in a text, rolled on word by word. */
final class WordRuns {
  private static final long BASE = 0x9e3779b97f4a7c15L; // odd, so that no word's part is lost

  private WordRuns() {}

  /** Whether the predicate holds for a run of the contents or of an answer; asks for no more runs then. */
  static boolean any(Sample sample, int n, LongPredicate predicate) {
    return contents(sample).anyMatch(text -> any(text, n, predicate))
        || sample.answers().stream().anyMatch(a -> any(a, n, predicate));
  }

  /** Documents and question where a sample marks them: the instruction around them is every sample's. */
  private static Stream<String> contents(Sample sample) {
    boolean marked = sample.spans().stream().anyMatch(s -> s.name().startsWith("document:"));
    return !marked ? Stream.of(sample.prompt()) : sample.spans().stream()
        .filter(s -> s.name().startsWith("document:") || s.name().equals("query")).map(sample::text);
  }

  static boolean any(String text, int n, LongPredicate predicate) {
    var window = new long[n]; // hashes of the last n words, a ring
    long leaving = power(BASE, n);
    long run = 0;
    int words = 0;
    for (int i = 0; i < text.length(); ) {
      int start = i;
      long word = 0;
      while (i < text.length() && isWord(text.codePointAt(i))) {
        int character = text.codePointAt(i);
        word = (word + Character.toLowerCase(character) + 1) * 0xbf58476d1ce4e5b9L;
        i += Character.charCount(character);
      }
      if (i == start) {
        i += Character.charCount(text.codePointAt(i));
        continue;
      }
      word = mix(word);
      int slot = words++ % n;
      run = run * BASE + word - window[slot] * leaving;
      window[slot] = word;
      if (words >= n && predicate.test(mix(run))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isWord(int character) {
    if (character < 0x80) {
      return character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z'
          || character >= '0' && character <= '9';
    }
    int type = Character.getType(character);
    return Character.isLetterOrDigit(character) || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK || type == Character.ENCLOSING_MARK;
  }

  private static long power(long base, int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= base;
    }
    return power;
  }

  /** The finishing step of SplitMix64: every bit depends on every bit. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
