package dev.lodestone.stats;

import dev.lodestone.LodestoneException;
import java.util.Arrays;

/** Numbers that describe one sample. An empty sample or one with a value that is not finite is an error. */
public final class Descriptive {
  private Descriptive() {}

  public static double mean(double[] values) {
    check(values);
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** Standard error of the mean, from the sample variance (divisor n - 1); two values or more. */
  public static double standardError(double[] values) {
    if (values.length < 2) {
      throw new LodestoneException("Expected two values or more for a standard error but found " + values.length + ".");
    }
    double mean = mean(values);
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / (values.length - 1) / values.length);
  }

  /** The q-quantile, 0 to 1, linear between order statistics: type 7 of Hyndman and Fan (1996), as in R and NumPy. */
  public static double quantile(double[] values, double q) {
    check(values);
    if (!(q >= 0 && q <= 1)) {
      throw new IllegalArgumentException("expected a quantile from 0 to 1 but found " + q);
    }
    var sorted = values.clone();
    Arrays.sort(sorted);
    double at = q * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /** Whether the values are not all the same. */
  public static boolean varies(double[] values) {
    return Arrays.stream(values).anyMatch(v -> v != values[0]);
  }

  static void check(double[] values) {
    if (values.length == 0) {
      throw new LodestoneException("Expected at least one value but found none.");
    }
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new LodestoneException("Expected finite values but found " + value + ".");
      }
    }
  }
}
