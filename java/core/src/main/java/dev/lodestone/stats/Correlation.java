package dev.lodestone.stats;

import dev.lodestone.LodestoneException;
import java.util.Comparator;
import java.util.Locale;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/** Coefficients of correlation of paired values, each from -1 to 1. */
public enum Correlation {
  /** Pearson's product moment. */
  PEARSON(Correlation::pearson),
  /** Spearman's rho: Pearson of the ranks, tied values with the mean of their ranks. */
  SPEARMAN((x, y) -> pearson(ranks(x), ranks(y))),
  /** Kendall's tau-b (Kendall 1945), which corrects for ties in both: {@code (C - D) / sqrt((P - T_x)(P - T_y))}. */
  KENDALL(Correlation::tauB);

  private final ToDoubleBiFunction<double[], double[]> rule;

  Correlation(ToDoubleBiFunction<double[], double[]> rule) {
    this.rule = rule;
  }

  /** The name in files and on screens, such as {@code kendall}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The coefficient of at least two pairs; values that are all the same are a LodestoneException. */
  public double of(double[] x, double[] y) {
    check(x, y);
    return rule.applyAsDouble(x, y);
  }

  /** For callers that {@link #check} once and compute often. */
  double unchecked(double[] x, double[] y) {
    return rule.applyAsDouble(x, y);
  }

  void check(double[] x, double[] y) {
    if (x.length != y.length || x.length < 2) {
      throw new LodestoneException("Expected two pairs of values or more for a correlation but found " + x.length
          + " and " + y.length + " values.");
    }
    for (var values : new double[][] {x, y}) {
      Descriptive.check(values);
      if (!Descriptive.varies(values)) {
        throw new LodestoneException("A correlation (" + id() + ") is not defined for values that do not vary: all "
            + values.length + " are " + values[0] + ".");
      }
    }
  }

  /** Ranks from 1; tied values get the mean of theirs. */
  static double[] ranks(double[] values) {
    // Adding 0.0 makes -0.0 and 0.0 one value.
    var order = IntStream.range(0, values.length).boxed().sorted(Comparator.comparingDouble(i -> values[i] + 0.0))
        .mapToInt(Integer::intValue).toArray();
    var ranks = new double[values.length];
    for (int start = 0, end; start < order.length; start = end) {
      end = start + 1;
      while (end < order.length && values[order[end]] == values[order[start]]) {
        end++;
      }
      for (int i = start; i < end; i++) {
        ranks[order[i]] = (start + 1 + end) / 2.0;
      }
    }
    return ranks;
  }

  private static double pearson(double[] x, double[] y) {
    double meanX = 0;
    double meanY = 0;
    for (int i = 0; i < x.length; i++) {
      meanX += x[i] / x.length;
      meanY += y[i] / y.length;
    }
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (x[i] - meanX) * (y[i] - meanY);
      xx += (x[i] - meanX) * (x[i] - meanX);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    return Math.max(-1, Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
  }

  private static double tauB(double[] x, double[] y) {
    long difference = 0; // concordant less discordant pairs
    long untiedX = 0;
    long untiedY = 0;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < i; j++) {
        int dx = compare(x[i], x[j]);
        int dy = compare(y[i], y[j]);
        difference += dx * dy;
        untiedX += dx * dx;
        untiedY += dy * dy;
      }
    }
    return difference / Math.sqrt((double) untiedX * untiedY);
  }

  /** Not {@link Double#compare}, for which 0.0 and -0.0 differ. */
  private static int compare(double a, double b) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
}
