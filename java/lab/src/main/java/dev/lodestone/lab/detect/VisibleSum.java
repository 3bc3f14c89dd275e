package dev.lodestone.lab.detect;

/** Sums over spans of which a window may hide some. */
final class VisibleSum {
  private VisibleSum() {}

  /** The sum of the values that are numbers; NaN if none is. */
  static double of(double... bySpan) {
    double sum = 0;
    int seen = 0;
    for (double value : bySpan) {
      if (!Double.isNaN(value)) {
        sum += value;
        seen++;
      }
    }
    return seen == 0 ? Double.NaN : sum;
  }
}
