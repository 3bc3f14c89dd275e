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
  /** How much too high a unit's estimate may be, where the estimates did not foretell the size that was measured. */
  private static final int TOLERANCE = 2;

  /**
   * The largest count from 0 to {@code most} whose size is within the budget. Estimates say where to look; what is
   * returned was measured. If the estimates foretold its size they are believed when they say that one more is too
   * much; else a near miss is measured too. So good estimates cost two measurements, none and the result.
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
    int tolerance = 0;
    var known = best; // what was measured last
    while (true) {
      var guess = guess(known, limit, best.count, tooMany, unit);
      int count = guess.count;
      if (count == best.count) {
        long next = count + 1 < tooMany ? (long) best.size + unit.applyAsInt(count) : Long.MAX_VALUE;
        if (next > limit + (long) tolerance) {
          return best;
        }
        count++;
      }
      var value = make.apply(count);
      known = new Fit<>(count, measure.applyAsInt(value), value);
      tolerance = count == guess.count && known.size == guess.size ? tolerance : TOLERANCE;
      if (known.size <= limit) {
        best = known;
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

  /** The largest count in [least, tooMany) that should fit, and its estimated size, from one that was measured. */
  private static <T> Fit<T> guess(Fit<T> known, int limit, int least, int tooMany, IntUnaryOperator unit) {
    int count = known.count;
    int size = known.size;
    while (count > least && (count >= tooMany || size > limit)) {
      size -= unit.applyAsInt(--count);
    }
    while (count + 1 < tooMany && (long) size + unit.applyAsInt(count) <= limit) {
      size += unit.applyAsInt(count++);
    }
    return new Fit<>(count, size, null);
  }
}
