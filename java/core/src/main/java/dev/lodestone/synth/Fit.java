package dev.lodestone.synth;

import java.util.function.IntUnaryOperator;

/** Finds how much goes into a length. */
final class Fit {
  private Fit() {}

  /**
   * A count n from 0 to {@code most} with {@code size(n) <= budget} and {@code size(n + 1) > budget} (or n = most); -1
   * if not even {@code size(0)} fits. The size must grow with n; as it grows almost evenly, interpolation finds n in a
   * few calls, and every third step halves the range so that it never takes many.
   */
  static int largest(int most, int budget, IntUnaryOperator size) {
    int low = 0; // fits
    long lowSize = size.applyAsInt(0);
    if (lowSize > budget) {
      return -1;
    }
    double perUnit = 0; // unknown
    long first = lowSize;
    int high = most + 1; // does not fit
    long highSize = -1; // unknown
    for (int step = 0; high - low > 1; step++) {
      double slope = highSize >= 0 ? (double) (highSize - lowSize) / (high - low) : perUnit;
      long guess = slope <= 0 ? low + 8L : low + (long) ((budget - lowSize) / slope) + (highSize < 0 ? 1 : 0);
      if (highSize >= 0 && step % 3 == 2) {
        guess = (low + (long) high) / 2;
      }
      int n = (int) Math.max(low + 1L, Math.min(high - 1L, guess));
      long found = size.applyAsInt(n);
      if (found <= budget) {
        low = n;
        lowSize = found;
        perUnit = (double) (found - first) / n;
      } else {
        high = n;
        highSize = found;
      }
    }
    return low;
  }
}
