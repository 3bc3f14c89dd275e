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
  /** Each from 0 to 1; all 0 where either text has no n-gram. */
  public record Score(double precision, double recall, double f1) {
    private static Score of(int common, int predicted, int wanted) {
      if (common == 0) {
        return new Score(0, 0, 0);
      }
      double precision = (double) common / predicted;
      double recall = (double) common / wanted;
      return new Score(precision, recall, 2 * precision * recall / (precision + recall));
    }
  }

  private Rouge() {}

  /** The share of the target's words that the prediction has. */
  public static double rouge1Recall(String target, String prediction) {
    return rougeN(1, target, prediction).recall();
  }

  /** Overlap of n-grams, n at least 1. */
  public static Score rougeN(int n, String target, String prediction) {
    var wanted = grams(n, words(target));
    var predicted = grams(n, words(prediction));
    return Score.of(AnswerMetrics.overlap(predicted, wanted), predicted.size(), wanted.size());
  }

  /** By the longest common subsequence of words. Time is the product of the two lengths. */
  public static Score rougeL(String target, String prediction) {
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
    return Score.of(best[predicted.size()], predicted.size(), wanted.size());
  }

  static List<String> words(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^a-z0-9]+")).filter(w -> !w.isEmpty())
        .map(w -> w.length() > 3 ? PorterStemmer.stem(w) : w).toList();
  }

  private static List<List<String>> grams(int n, List<String> words) {
    return IntStream.rangeClosed(0, words.size() - n).mapToObj(i -> words.subList(i, i + n)).toList();
  }
}
