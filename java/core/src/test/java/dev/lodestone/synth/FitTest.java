package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FitTest {
  @Test
  void findsTheLargestThatFits() {
    var random = new Random(1);
    for (int trial = 0; trial < 2000; trial++) {
      int most = random.nextInt(300);
      var sizes = new int[most + 1];
      sizes[0] = random.nextInt(50);
      for (int n = 1; n <= most; n++) { // now and then a big step, as a long sentence is
        sizes[n] = sizes[n - 1] + 1 + (random.nextInt(10) == 0 ? random.nextInt(500) : random.nextInt(20));
      }
      int budget = random.nextInt(sizes[most] + 100);
      int expected = -1;
      while (expected < most && sizes[expected + 1] <= budget) {
        expected++;
      }
      assertEquals(expected, Fit.largest(most, budget, n -> sizes[n]));
    }
  }

  @Test
  void takesFewCallsOnEvenSizes() {
    int[] calls = new int[1];
    int n = Fit.largest(1 << 24, 128_000, k -> {
      calls[0]++;
      return 70 + k * 27 + k % 13;
    });
    assertEquals(4737, n); // 70 + 4737 * 27 + 5 = 127,974; the next is 128,002
    assertTrue(calls[0] <= 12, calls[0] + " calls");
  }

  @Test
  void agreesWithTryingEveryCount() {
    var random = new Random(2);
    int measured = 0;
    for (int trial = 0; trial < 2000; trial++) {
      int most = random.nextInt(300);
      var units = random.ints(most, 3, 60).toArray();
      var sizes = new int[most + 1];
      sizes[0] = random.nextInt(50);
      for (int n = 1; n <= most; n++) { // estimates are off now and then, upwards by two at most
        sizes[n] = sizes[n - 1] + units[n - 1] + (random.nextInt(20) == 0 ? random.nextInt(10) - 2 : 0);
      }
      int limit = random.nextInt(sizes[most] + 100);
      int expected = -1;
      while (expected < most && sizes[expected + 1] <= limit) {
        expected++;
      }
      var calls = new int[1];
      var fit = Fit.largest(most, limit, i -> units[i], n -> n, n -> {
        calls[0]++;
        return sizes[n];
      });
      assertEquals(expected, fit.count());
      assertEquals(sizes[Math.max(0, expected)], fit.size());
      assertEquals(Math.max(0, expected), fit.value());
      measured += calls[0];
    }
    assertTrue(measured <= 2000 * 2.4, measured + " measurements, two a trial at best");
  }
}
