package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.function.ToIntFunction;

/**
 * Something that was made as large as a budget allows.
 *
 * @param count how many units it holds; -1 if not even none fits
 * @param size measured; that of no units if even they are too large
 */
record Fit<T>(int count, int size, T value) {
  /** A unit's estimate may be too high by so much; too low costs measurements only. */
  private static final int TOLERANCE = 2;

  /**
   * The largest count from 0 to {@code most} whose size is within the budget. Estimates say where to look; what is
   * returned was measured, and so was the next larger one if the estimates leave a doubt. With good estimates two things
   * are measured, none and the result.
   *
   * @param unit estimated size that unit i, from 0, adds
   * @param make what holds that many units
   * @param measure the exact size of what was made; grows with the count
   */
  static <T> Fit<T> largest(int most, int limit, IntUnaryOperator unit, IntFunction<T> make, ToIntFunction<T> measure) {
    var bare = make.apply(0);
    var best = new Fit<>(0, measure.applyAsInt(bare), bare);
    if (best.size > limit) {
      return new Fit<>(-1, best.size, bare);
    }
    int tooMany = most + 1; // known not to fit
    int from = 0; // a count whose size is known
    int size = best.size;
    while (true) {
      int count = guess(from, size, limit, best.count, tooMany, unit);
      if (count == best.count) {
        // Nothing between is left, or one more would be too much; a near miss is measured.
        long next = count + 1 < tooMany ? (long) best.size + unit.applyAsInt(count) : Long.MAX_VALUE;
        if (next > limit + TOLERANCE) {
          return best;
        }
        count++;
      }
      var value = make.apply(count);
      from = count;
      size = measure.applyAsInt(value);
      if (size <= limit) {
        best = new Fit<>(count, size, value);
      } else {
        tooMany = count;
      }
    }
  }

  /** A LodestoneException if not even none fits; {@code what} is what there is then. */
  void requireRoom(Budget budget, String what) {
    if (count < 0) {
      throw new LodestoneException("Expected a context length of at least " + size + " " + budget.unit() + ", for "
          + what + ", but found " + budget.limit() + ".");
    }
  }

  /** The largest count in [least, tooMany) that should fit, starting from one whose size is known. */
  private static int guess(int from, long size, int limit, int least, int tooMany, IntUnaryOperator unit) {
    int count = from;
    while (count > least && (count >= tooMany || size > limit)) {
      size -= unit.applyAsInt(--count);
    }
    while (count + 1 < tooMany && size + unit.applyAsInt(count) <= limit) {
      size += unit.applyAsInt(count++);
    }
    return count;
  }

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
