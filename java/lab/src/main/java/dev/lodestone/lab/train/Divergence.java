package dev.lodestone.lab.train;

import java.util.ArrayDeque;

/**
 * Says when a run is lost (our rule): the loss has stayed, for {@value #PATIENCE} steps in a row, by half and by one
 * nat above the best that the run has had, which is its first loss or the lowest mean of {@value #PATIENCE} steps.
 */
final class Divergence {
  static final int PATIENCE = 20;

  private final ArrayDeque<Double> recent = new ArrayDeque<>();
  private double best = Double.NaN;
  private int streak;

  /** Takes the loss of the next step. */
  void add(double loss) {
    if (Double.isNaN(best)) {
      best = loss;
    }
    streak = loss > best + Math.max(1, best / 2) ? streak + 1 : 0;
    recent.addLast(loss);
    if (recent.size() > PATIENCE) {
      recent.removeFirst();
    }
    if (recent.size() == PATIENCE) {
      best = Math.min(best, recent.stream().mapToDouble(x -> x).average().orElseThrow());
    }
  }

  /** Steps in a row with such a loss: checkpoints of them are no good ones. */
  int streak() {
    return streak;
  }

  boolean lost() {
    return streak >= PATIENCE;
  }

  double best() {
    return best;
  }
}
