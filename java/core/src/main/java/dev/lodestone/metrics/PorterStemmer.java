package dev.lodestone.metrics;

import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Porter's stemmer (Porter 1980, "An algorithm for suffix stripping") with the changes that NLTK makes by default,
 * which ROUGE scores depend on: a table of irregular words; words of two letters stay; -ies and -ied of four letters
 * keep the e; a final y becomes i after a consonant only; -bli, -alli, -fulli and -logi in step 2.
 */
public final class PorterStemmer {
  private static final Map<String, String> IRREGULAR = Map.ofEntries(
      Map.entry("skies", "sky"), Map.entry("sky", "sky"), Map.entry("dying", "die"), Map.entry("lying", "lie"),
      Map.entry("tying", "tie"), Map.entry("news", "news"), Map.entry("innings", "inning"),
      Map.entry("inning", "inning"),
      Map.entry("outings", "outing"), Map.entry("outing", "outing"), Map.entry("cannings", "canning"),
      Map.entry("canning", "canning"), Map.entry("howe", "howe"), Map.entry("proceed", "proceed"),
      Map.entry("exceed", "exceed"), Map.entry("succeed", "succeed"));

  /** Suffix and replacement; the first suffix that a word ends in decides, whether its condition holds or not. */
  private static final String[][] STEP2 = {
    {"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"}, {"bli", "ble"},
    {"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"},
    {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
    {"iviti", "ive"}, {"biliti", "ble"}, {"fulli", "ful"}};
  private static final String[][] STEP3 = {
    {"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}};
  private static final String[][] STEP4 = {
    {"al", ""}, {"ance", ""}, {"ence", ""}, {"er", ""}, {"ic", ""}, {"able", ""}, {"ible", ""}, {"ant", ""},
    {"ement", ""}, {"ment", ""}, {"ent", ""}, {"ion", ""}, {"ou", ""}, {"ism", ""}, {"ate", ""}, {"iti", ""},
    {"ous", ""}, {"ive", ""}, {"ize", ""}};

  private PorterStemmer() {}

  /** The stem of one word, in lower case. */
  public static String stem(String word) {
    var w = word.toLowerCase(Locale.ROOT);
    if (IRREGULAR.containsKey(w)) {
      return IRREGULAR.get(w);
    }
    return w.length() <= 2 ? w : step5(step4(replace(step2(step1c(step1b(step1a(w)))), STEP3, s -> measure(s) > 0)));
  }

  /** Plurals. */
  private static String step1a(String w) {
    if (w.endsWith("ies")) {
      return w.length() == 4 ? cut(w, 1) : cut(w, 2);
    }
    return w.endsWith("sses") ? cut(w, 2) : w.endsWith("s") && !w.endsWith("ss") ? cut(w, 1) : w;
  }

  /** -ed and -ing. */
  private static String step1b(String w) {
    if (w.endsWith("ied")) {
      return w.length() == 4 ? cut(w, 1) : cut(w, 2);
    }
    if (w.endsWith("eed")) {
      return measure(cut(w, 3)) > 0 ? cut(w, 1) : w;
    }
    var stem = w.endsWith("ed") ? cut(w, 2) : w.endsWith("ing") ? cut(w, 3) : "";
    if (!hasVowel(stem)) {
      return w;
    }
    if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) {
      return stem + "e";
    }
    if (endsInDoubleConsonant(stem)) {
      return "lsz".indexOf(last(stem)) < 0 ? cut(stem, 1) : stem;
    }
    return measure(stem) == 1 && endsInShortSyllable(stem) ? stem + "e" : stem;
  }

  private static String step1c(String w) {
    return w.endsWith("y") && w.length() > 2 && isConsonant(w, w.length() - 2) ? cut(w, 1) + "i" : w;
  }

  private static String step2(String w) {
    if (w.endsWith("alli") && measure(cut(w, 4)) > 0) {
      return step2(cut(w, 2)); // again: the -al that stays may end another suffix of this step
    }
    if (w.endsWith("logi")) {
      return measure(cut(w, 3)) > 0 ? cut(w, 1) : w; // the l counts as part of the stem, for geo-, theo-
    }
    return replace(w, STEP2, s -> measure(s) > 0);
  }

  private static String step4(String w) {
    return replace(w, STEP4, s -> measure(s) > 1 && (!w.endsWith("ion") || s.endsWith("s") || s.endsWith("t")));
  }

  private static String step5(String word) {
    var w = word;
    if (w.endsWith("e")) {
      var stem = cut(w, 1);
      int m = measure(stem);
      if (m > 1 || (m == 1 && !endsInShortSyllable(stem))) {
        w = stem;
      }
    }
    return w.endsWith("ll") && measure(cut(w, 1)) > 1 ? cut(w, 1) : w;
  }

  private static String replace(String w, String[][] rules, Predicate<String> condition) {
    for (var rule : rules) {
      if (w.endsWith(rule[0])) {
        var stem = cut(w, rule[0].length());
        return condition.test(stem) ? stem + rule[1] : w;
      }
    }
    return w;
  }

  private static String cut(String w, int letters) {
    return w.substring(0, w.length() - letters);
  }

  private static char last(String w) {
    return w.charAt(w.length() - 1);
  }

  /** One flag a letter. A y is a consonant at the start and after a vowel. */
  private static boolean[] consonants(String w) {
    var flags = new boolean[w.length()];
    for (int i = 0; i < flags.length; i++) {
      char c = w.charAt(i);
      flags[i] = "aeiou".indexOf(c) < 0 && (c != 'y' || i == 0 || !flags[i - 1]);
    }
    return flags;
  }

  private static boolean isConsonant(String w, int i) {
    return consonants(w)[i];
  }

  /** m of [C](VC)^m[V]: how often a consonant follows a vowel. */
  private static int measure(String w) {
    var consonant = consonants(w);
    int m = 0;
    for (int i = 1; i < consonant.length; i++) {
      if (consonant[i] && !consonant[i - 1]) {
        m++;
      }
    }
    return m;
  }

  private static boolean hasVowel(String w) {
    for (boolean consonant : consonants(w)) {
      if (!consonant) {
        return true;
      }
    }
    return false;
  }

  private static boolean endsInDoubleConsonant(String w) {
    int n = w.length();
    return n >= 2 && w.charAt(n - 1) == w.charAt(n - 2) && isConsonant(w, n - 1);
  }

  /** Consonant, vowel, consonant that is none of w, x, y; also a word of two letters, vowel and consonant. */
  private static boolean endsInShortSyllable(String w) {
    int n = w.length();
    if (n == 2) {
      return !isConsonant(w, 0) && isConsonant(w, 1);
    }
    return n > 2 && isConsonant(w, n - 3) && !isConsonant(w, n - 2) && isConsonant(w, n - 1)
        && "wxy".indexOf(last(w)) < 0;
  }
}
