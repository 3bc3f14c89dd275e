package dev.lodestone.heads;

import java.util.HashSet;

/**
 * How a head of a {@link Trial} is scored; {@link Detector} names the sources. A head whose window ends behind the
 * target gives NaN.
 */
final class TrialRules {
  private TrialRules() {}

  /** Copies of the target's tokens, divided by how many it has. */
  static double copies(Trial trial, int head) {
    return trial.isBlind(head) ? Double.NaN : (double) countCopies(trial, head) / trial.targetLength();
  }

  /** Share of the rows that copy. */
  static double copyingRows(Trial trial, int head) {
    return trial.isBlind(head) ? Double.NaN : (double) countCopies(trial, head) / trial.rows();
  }

  private static int countCopies(Trial trial, int head) {
    int copies = 0;
    for (int row = 0; row < trial.rows(); row++) {
      if (trial.copies(row, head)) {
        copies++;
      }
    }
    return copies;
  }

  /** Share of the target's distinct tokens that were copied. */
  static double distinctCopies(Trial trial, int head) {
    if (trial.isBlind(head)) {
      return Double.NaN;
    }
    var copied = new HashSet<Integer>();
    for (int row = 0; row < trial.rows(); row++) {
      if (trial.copies(row, head)) {
        copied.add(trial.generated()[row]);
      }
    }
    return (double) copied.size() / trial.targetTokens().size();
  }

  /** Share of the rows of the answer whose highest attention lies on the target. */
  static double lookingRows(Trial trial, int head) {
    return mean(trial, head, (answerRow, row) -> trial.looksAtTarget(row, head) ? 1 : 0);
  }

  /** Mean over the rows of the answer of m − n / (K − n) · (1 − m), with m the mass on the target. */
  static double massContrast(Trial trial, int head) {
    if (trial.mass() == null) {
      throw new IllegalArgumentException("the detector needs the attention mass on the target");
    }
    return mean(trial, head, (answerRow, row) -> {
      double mass = trial.mass()[row][head];
      return mass - odds(trial, row, head) * (1 - mass);
    });
  }

  /** Mean over the rows of the answer of L − n / (K − n) · (D − L), L added by the target and D by all keys. */
  static double logitContrast(Trial trial, int head) {
    var added = trial.contributions();
    if (added == null) {
      throw new IllegalArgumentException("the detector needs the heads' contributions to logits");
    }
    return mean(trial, head, (answerRow, row) -> {
      double target = added.target()[answerRow][head];
      return target - odds(trial, row, head) * (added.all()[answerRow][head] - target);
    });
  }

  /** n / (K − n): visible keys of the target against the others. */
  private static double odds(Trial trial, int row, int head) {
    int n = trial.visibleTarget(row, head);
    return n / (double) (trial.visibleKeys(row, head) - n);
  }

  private interface RowRule {
    /** @param answerRow index among the rows of the answer, {@code row} among all */
    double apply(int answerRow, int row);
  }

  /** Over the rows of the answer that see the target and something else; NaN without one. */
  private static double mean(Trial trial, int head, RowRule rule) {
    double sum = 0;
    int seen = 0;
    for (int i = 0; i < trial.answerRows().length; i++) {
      int row = trial.answerRows()[i];
      double value = trial.visibleTarget(row, head) > 0 ? rule.apply(i, row) : Double.NaN;
      if (!Double.isNaN(value)) {
        sum += value;
        seen++;
      }
    }
    return sum / seen;
  }
}
