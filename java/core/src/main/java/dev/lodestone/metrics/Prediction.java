package dev.lodestone.metrics;

import java.util.List;

/**
 * What a model answered.
 *
 * @param supports the documents that it says the answer is from, counted from 0 as MuSiQue does; null if it was not
 *     asked
 * @param answerable whether it says that the documents hold the answer; null if it was not asked
 */
public record Prediction(String text, List<Integer> supports, Boolean answerable) {
  /** A text and nothing more. */
  public static Prediction of(String text) {
    return new Prediction(text, null, null);
  }
}
