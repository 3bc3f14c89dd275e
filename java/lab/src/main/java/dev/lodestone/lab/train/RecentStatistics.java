package dev.lodestone.lab.train;

import java.util.ArrayDeque;

/** How far a loss lies from the recent ones, in their standard deviations: a quick sign of a spike. */
final class LossStatistics {
  private static final int WINDOW = 128;

  private final ArrayDeque<Double> recent = new ArrayDeque<>();

  /** The z-score of the loss against the up to 128 losses before it, which it then joins; NaN with fewer than two. */
  double zScore(double loss) {
    double mean = recent.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
    double variance = recent.stream().mapToDouble(x -> (x - mean) * (x - mean)).average().orElse(Double.NaN);
    double z = recent.size() < 2 || variance == 0 ? Double.NaN : (loss - mean) / Math.sqrt(variance);
    recent.addLast(loss);
    if (recent.size() > WINDOW) {
      recent.removeFirst();
    }
    return z;
  }
}
