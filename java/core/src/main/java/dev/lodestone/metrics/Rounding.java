package dev.lodestone.metrics;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Python's {@code round}: to the nearest decimal of the binary value, halves to even. */
final class Rounding {
  private Rounding() {}

  static double digits(double value, int digits) {
    return Double.isFinite(value) ? new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue() : value;
  }
}
