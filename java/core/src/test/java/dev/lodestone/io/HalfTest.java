package dev.lodestone.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfTest {
  /** All 65,536 values against the definition of binary16 in double. */
  @Test
  void readsEveryF16() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      int exponent = bits >> 10 & 31;
      int fraction = bits & 1023;
      double magnitude =
          exponent == 31 ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
              : exponent == 0 ? fraction * Math.pow(2, -24)
              : (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);
      double expected = bits < 1 << 15 ? magnitude : -magnitude;
      assertEquals(expected, Half.fromF16((short) bits), "bits " + bits);
    }
  }

  @Test
  void bf16IsExactBothWays() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = Half.fromBf16((short) bits);
      if (!Float.isNaN(value)) {
        assertEquals((short) bits, Half.toBf16(value));
      } else {
        assertTrue(Float.isNaN(Half.fromBf16(Half.toBf16(value))));
      }
    }
  }

  /** The result is the nearer of the two neighbours; on ties the one whose last bit is 0. */
  @Test
  void roundsToNearestEven() {
    var random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      int bits = i % 2 == 0 ? random.nextInt() : random.nextInt() & 0xffff0000 | 0x8000; // every second one a tie
      float value = Float.intBitsToFloat(bits);
      if (!Float.isFinite(value) || (bits & 0x7f800000) == 0x7f000000) { // the next neighbour may be infinite
        continue;
      }
      float below = Float.intBitsToFloat(bits & 0xffff0000);
      float above = Float.intBitsToFloat((bits & 0xffff0000) + 0x10000);
      double toBelow = Math.abs((double) value - below);
      double toAbove = Math.abs((double) above - value);
      boolean belowIsEven = (bits & 0x10000) == 0;
      float expected = toBelow < toAbove || toBelow == toAbove && belowIsEven ? below : above;
      assertEquals(expected, Half.fromBf16(Half.toBf16(value)));
    }
  }
}
