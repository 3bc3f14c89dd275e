package dev.lodestone.stats;

import java.util.Random;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/**
 * Percentile intervals of the bootstrap (Efron 1979): the statistic of resamples of the same size, drawn with
 * replacement. Too narrow for a handful of values, and with five there are only 126 different resamples: say N beside
 * it. Random numbers are {@link Random}'s, whose sequence its contract fixes for every Java version.
 */
public final class Bootstrap {
  /** Resamples of an interval. */
  public static final int RESAMPLES = 2000;

  private static final double LEVEL = 0.95;
  private static final int MOST_REDRAWS = 1000; // of one resample

  private Bootstrap() {}

  /** The 95 % interval of the mean. */
  public static Interval mean(double[] values, long seed) {
    return of(values, Descriptive::mean, seed);
  }

  /** The 95 % interval of a statistic of one sample. */
  public static Interval of(double[] values, ToDoubleFunction<double[]> statistic, long seed) {
    return ofPairs(values, values, (x, y) -> statistic.applyAsDouble(x), false, seed);
  }

  /**
   * The 95 % interval of a coefficient, pairs drawn together. A resample in which either side does not vary has no
   * coefficient and is drawn again.
   */
  public static Interval correlation(Correlation kind, double[] x, double[] y, long seed) {
    kind.check(x, y);
    return ofPairs(x, y, kind::unchecked, true, seed);
  }

  private static Interval ofPairs(double[] x, double[] y, ToDoubleBiFunction<double[], double[]> statistic,
      boolean mustVary, long seed) {
    Descriptive.check(x);
    var random = new Random(seed);
    var found = new double[RESAMPLES];
    var drawnX = new double[x.length];
    var drawnY = new double[x.length];
    for (int r = 0; r < RESAMPLES; r++) {
      int draws = 0;
      do {
        if (draws++ == MOST_REDRAWS) {
          throw new IllegalStateException("no resample of " + x.length + " pairs varies");
        }
        for (int i = 0; i < x.length; i++) {
          int from = random.nextInt(x.length);
          drawnX[i] = x[from];
          drawnY[i] = y[from];
        }
      } while (mustVary && !(Descriptive.varies(drawnX) && Descriptive.varies(drawnY)));
      found[r] = statistic.applyAsDouble(drawnX, drawnY);
    }
    return new Interval(Descriptive.quantile(found, (1 - LEVEL) / 2), Descriptive.quantile(found, (1 + LEVEL) / 2),
        LEVEL);
  }
}
