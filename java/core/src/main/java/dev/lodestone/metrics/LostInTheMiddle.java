package dev.lodestone.metrics;

import java.util.Collection;
import java.util.Locale;

/** The metrics of Lost in the Middle (Liu et al. 2023, arXiv 2307.03172; its metrics.py and evaluation scripts). */
public final class LostInTheMiddle {
  private LostInTheMiddle() {}

  /**
   * 1 if a normalised answer is a substring (of characters, not of words) of the normalised prediction, else 0.
   * An answer that normalises to nothing is in every prediction.
   */
  public static double bestSubspanEm(String prediction, Collection<String> answers) {
    var normal = Normalize.LOST_IN_THE_MIDDLE.apply(prediction);
    return answers.stream().anyMatch(a -> normal.contains(Normalize.LOST_IN_THE_MIDDLE.apply(a))) ? 1 : 0;
  }

  /** The part of a model's answer that the evaluation script scores: before the first newline, stripped. */
  public static String firstLine(String prediction) {
    int end = prediction.indexOf('\n');
    return Normalize.strip(end < 0 ? prediction : prediction.substring(0, end));
  }

  /** 1 if the value is in the prediction, letter case aside; nothing is normalised. */
  public static double keyValueAccuracy(String prediction, Collection<String> answers) {
    var lower = prediction.toLowerCase(Locale.ROOT);
    return answers.stream().anyMatch(a -> lower.contains(a.toLowerCase(Locale.ROOT))) ? 1 : 0;
  }
}
