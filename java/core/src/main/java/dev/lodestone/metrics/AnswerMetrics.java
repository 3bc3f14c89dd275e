package dev.lodestone.metrics;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;

/** The arithmetic of the answer metrics, one method a published definition. {@link Metric} names them. */
public final class AnswerMetrics {
  private AnswerMetrics() {}

  /**
   * 1 if a normalised answer is a substring (of characters, not of words) of the normalised prediction, else 0.
   * An answer that normalises to nothing is in every prediction. (Liu et al. 2023, Lost in the Middle, metrics.py.)
   */
  public static double bestSubspanEm(String prediction, Collection<String> answers) {
    var normal = Normalize.LOST_IN_THE_MIDDLE.apply(prediction);
    return answers.stream().anyMatch(a -> normal.contains(Normalize.LOST_IN_THE_MIDDLE.apply(a))) ? 1 : 0;
  }

  /** The part of a model's answer that Lost in the Middle's evaluation scores: before the first newline, stripped. */
  public static String firstLine(String prediction) {
    int end = prediction.indexOf('\n');
    return (end < 0 ? prediction : prediction.substring(0, end)).strip();
  }

  /** 1 if the normalised prediction equals a normalised answer, else 0 (SQuAD 2.0). */
  public static double exactMatch(String prediction, Collection<String> answers) {
    var normal = Normalize.SQUAD.apply(prediction);
    return answers.stream().anyMatch(a -> normal.equals(Normalize.SQUAD.apply(a))) ? 1 : 0;
  }

  /**
   * The best F1 of word multisets over the answers; where a side has no words, 1 if both have none, else 0 (SQuAD 2.0).
   */
  public static double f1(String prediction, Collection<String> answers) {
    var words = Normalize.SQUAD.words(prediction);
    return answers.stream().mapToDouble(a -> f1(words, Normalize.SQUAD.words(a))).max().orElse(0);
  }

  private static double f1(String[] prediction, String[] answer) {
    if (prediction.length == 0 || answer.length == 0) {
      return prediction.length == answer.length ? 1 : 0;
    }
    int common = overlap(List.of(prediction), List.of(answer));
    if (common == 0) {
      return 0;
    }
    double precision = (double) common / prediction.length;
    double recall = (double) common / answer.length;
    return 2 * precision * recall / (precision + recall);
  }

  /**
   * 1 if the value is in the prediction, letter case aside; nothing is normalised (Lost in the Middle, key-value task).
   */
  public static double keyValueAccuracy(String prediction, Collection<String> answers) {
    var lower = prediction.toLowerCase(Locale.ROOT);
    return answers.stream().anyMatch(a -> lower.contains(a.toLowerCase(Locale.ROOT))) ? 1 : 0;
  }

  /** The size of the intersection of two multisets. */
  static <T> int overlap(Collection<T> a, Collection<T> b) {
    var counts = new HashMap<T, Integer>();
    b.forEach(x -> counts.merge(x, 1, Integer::sum));
    int common = 0;
    for (var x : a) {
      if (counts.merge(x, -1, Integer::sum) >= 0) {
        common++;
      }
    }
    return common;
  }
}
