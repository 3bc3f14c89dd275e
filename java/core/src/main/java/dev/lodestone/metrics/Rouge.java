package dev.lodestone.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * ROUGE (Lin 2004) as google-research/rouge computes it with {@code use_stemmer=True}: words are runs of a-z and 0-9 of
 * the lower-cased text, those longer than three letters are stemmed, counts are clipped.
 */
public final class Rouge {
  private Rouge() {}

  /** The share of the target's words that the prediction has. */
  public static double rouge1Recall(String target, String prediction) {
    return rougeN(1, target, prediction).recall();
  }

  /** Overlap of n-grams, n at least 1. */
  public static PrecisionRecall rougeN(int n, String target, String prediction) {
    return PrecisionRecall.ofCounts(grams(n, words(prediction)), grams(n, words(target)));
  }

  /** By the longest common subsequence of words. Time is the product of the two lengths. */
  public static PrecisionRecall rougeL(String target, String prediction) {
    var wanted = words(target);
    var predicted = words(prediction);
    var best = new int[predicted.size() + 1]; // best[j]: of the wanted words so far and the first j predicted ones
    for (var word : wanted) {
      int diagonal = 0;
      for (int j = 1; j < best.length; j++) {
        int above = best[j];
        best[j] = word.equals(predicted.get(j - 1)) ? diagonal + 1 : Math.max(above, best[j - 1]);
        diagonal = above;
      }
    }
    return PrecisionRecall.of(best[predicted.size()], predicted.size(), wanted.size());
  }

  static List<String> words(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^a-z0-9]+")).filter(w -> !w.isEmpty())
        .map(w -> w.length() > 3 ? PorterStemmer.stem(w) : w).toList();
  }

  private static List<List<String>> grams(int n, List<String> words) {
    return IntStream.rangeClosed(0, words.size() - n).mapToObj(i -> words.subList(i, i + n)).toList();
  }
}
