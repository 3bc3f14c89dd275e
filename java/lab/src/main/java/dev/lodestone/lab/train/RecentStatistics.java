package dev.lodestone.lab.train;

import java.util.ArrayDeque;

/** How far a number of a step lies from those before it, in their standard deviations: a quick sign of a spike. */
final class RecentStatistics {
  private static final int WINDOW = 128;

  private final ArrayDeque<Double> recent = new ArrayDeque<>();

  /** The z-score of a value against the up to 128 before it, which it then joins; NaN with fewer than two. */
  double zScore(double value) {
    double mean = recent.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
    double variance = recent.stream().mapToDouble(x -> (x - mean) * (x - mean)).average().orElse(Double.NaN);
    double z = recent.size() < 2 || variance == 0 ? Double.NaN : (value - mean) / Math.sqrt(variance);
    recent.addLast(value);
    if (recent.size() > WINDOW) {
      recent.removeFirst();
    }
    return z;
  }
}
