package dev.lodestone.stats;

/** Student's t distribution for whole degrees of freedom. */
final class StudentT {
  private StudentT() {}

  /** t such that a share of {@code level} lies between -t and t. */
  static double twoSided(double level, int degrees) {
    double low = 0;
    double high = 1;
    while (between(high, degrees) < level) {
      high *= 2;
    }
    for (int i = 0; i < 100; i++) { // bisection, down to the spacing of doubles
      double middle = (low + high) / 2;
      if (between(middle, degrees) < level) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** The share between -t and t: the finite sums 26.7.3 and 26.7.4 of Abramowitz and Stegun (1964). */
  static double between(double t, int degrees) {
    double angle = Math.atan(t / Math.sqrt(degrees));
    double cosine = Math.cos(angle);
    double square = cosine * cosine;
    boolean odd = degrees % 2 == 1;
    double term = odd ? cosine : 1;
    double sum = 0;
    for (int i = odd ? 1 : 0; i <= degrees - 2; i += 2) {
      sum += term;
      term *= square * (i + 1) / (i + 2);
    }
    return odd ? 2 / Math.PI * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  }
}
