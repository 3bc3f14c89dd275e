package dev.lodestone.stats;

import java.util.Locale;
import java.util.Random;

/**
 * A coefficient with its test by permutation: how often pairs formed by chance correlate at least as strongly, in
 * either direction.
 *
 * @param pairs N
 * @param p two-sided. Exact, over all N! orders, up to {@value #MOST_EXACT} pairs; with five the smallest is 2/120.
 *     Above that {@code (b + 1) / (m + 1)} over m random orders of which b are as extreme (Phipson and Smyth 2010), never 0
 * @param exact whether all orders were tried
 * @param permutations how many orders were tried
 * @param interval of the bootstrap
 */
public record PermutationTest(Correlation kind, int pairs, double coefficient, double p, boolean exact,
    int permutations, Interval interval) {
  /** Most pairs for which all orders are tried: 9! is 362,880. */
  public static final int MOST_EXACT = 9;

  private static final int RANDOM_ORDERS = 9999;
  private static final double ROUNDING = 1e-12; // orders that differ by rounding alone are as extreme

  /** Tests paired values; values that do not vary are a LodestoneException. */
  public static PermutationTest of(Correlation kind, double[] x, double[] y, long seed) {
    double coefficient = kind.of(x, y);
    var orders = new Orders(kind, x, y.clone(), Math.abs(coefficient) - ROUNDING);
    boolean exact = x.length <= MOST_EXACT;
    if (exact) {
      orders.all(y.length);
    } else {
      orders.random(new Random(seed));
    }
    double p = exact ? (double) orders.extreme / orders.tried : (orders.extreme + 1.0) / (orders.tried + 1.0);
    return new PermutationTest(kind, x.length, coefficient, p, exact, orders.tried,
        Bootstrap.correlation(kind, x, y, seed));
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %.2f (%s), p %.3f %s, N = %d", kind.id(), coefficient, interval, p,
        exact ? "exact" : "of " + permutations + " random orders", pairs);
  }

  /** Counts the orders of y that correlate with x at least as strongly as a bound. */
  private static final class Orders {
    private final Correlation kind;
    private final double[] x;
    private final double[] y;
    private final double bound;
    private int tried;
    private int extreme;

    Orders(Correlation kind, double[] x, double[] y, double bound) {
      this.kind = kind;
      // Ranks stay the same in every order.
      this.x = kind == Correlation.SPEARMAN ? Correlation.ranks(x) : x;
      this.y = kind == Correlation.SPEARMAN ? Correlation.ranks(y) : y;
      this.bound = bound;
    }

    /** Heap's algorithm (1963). */
    void all(int size) {
      if (size == 1) {
        count();
        return;
      }
      for (int i = 0; i < size; i++) {
        all(size - 1);
        swap(size % 2 == 0 ? i : 0, size - 1);
      }
    }

    /** Fisher and Yates. */
    void random(Random random) {
      for (int order = 0; order < RANDOM_ORDERS; order++) {
        for (int i = y.length - 1; i > 0; i--) {
          swap(i, random.nextInt(i + 1));
        }
        count();
      }
    }

    private void count() {
      tried++;
      var measured = kind == Correlation.SPEARMAN ? Correlation.PEARSON : kind;
      if (Math.abs(measured.unchecked(x, y)) >= bound) {
        extreme++;
      }
    }

    private void swap(int i, int j) {
      double kept = y[i];
      y[i] = y[j];
      y[j] = kept;
    }
  }
}
