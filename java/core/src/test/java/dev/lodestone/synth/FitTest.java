package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FitTest {
  private static final class Sizes {
    private final int[] units;
    private final int[] sizes;
    private int measured;

    /** Sizes of 0 to n units; now and then one differs from its estimate, by -2 to 7. */
    Sizes(Random random, int most, boolean differ) {
      units = random.ints(most, 3, 60).toArray();
      sizes = new int[most + 1];
      sizes[0] = random.nextInt(50);
      for (int n = 1; n <= most; n++) {
        sizes[n] = sizes[n - 1] + units[n - 1] + (differ && random.nextInt(20) == 0 ? random.nextInt(10) - 2 : 0);
      }
    }

    Fit<Integer> largest(int limit) {
      return Fit.largest(units.length, limit, i -> units[i], n -> n, n -> {
        measured++;
        return sizes[n];
      });
    }

    int tryAll(int limit) {
      int count = -1;
      while (count < units.length && sizes[count + 1] <= limit) {
        count++;
      }
      return count;
    }
  }

  @Test
  void agreesWithTryingEveryCount() {
    var random = new Random(2);
    int different = 0;
    for (int trial = 0; trial < 4000; trial++) {
      boolean differ = trial % 2 == 1;
      var sizes = new Sizes(random, random.nextInt(300), differ);
      int limit = random.nextInt(sizes.sizes[sizes.units.length] + 100);
      int expected = sizes.tryAll(limit);
      var fit = sizes.largest(limit);
      assertEquals(sizes.sizes[Math.max(0, fit.count())], fit.size());
      assertEquals(Math.max(0, fit.count()), fit.value());
      if (differ) { // a wrong estimate of the very next unit may go unseen
        assertTrue(fit.count() == expected || fit.count() == expected - 1, fit.count() + " of " + expected);
        different += fit.count() == expected ? 0 : 1;
      } else {
        assertEquals(expected, fit.count());
        assertTrue(sizes.measured <= 2, sizes.measured + " measurements");
      }
    }
    assertTrue(different <= 4, different + " of 2000 differ");
  }
}
