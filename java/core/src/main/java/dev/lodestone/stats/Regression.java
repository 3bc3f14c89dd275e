package dev.lodestone.stats;

import dev.lodestone.LodestoneException;

/**
 * A straight line fitted by least squares, with the confidence band of its mean (the textbook one: independent normal
 * errors of one variance).
 *
 * @param error residual standard deviation, divisor n - 2
 * @param r2 share of the variance of y explained; 1 where y does not vary
 * @param meanX mean of x
 * @param spreadX sum of the squared distances of x from its mean
 */
public record Regression(int pairs, double slope, double intercept, double error, double r2, double meanX,
    double spreadX) {
  /** Fits three pairs or more; x must vary. */
  public static Regression of(double[] x, double[] y) {
    if (x.length != y.length || x.length < 3) {
      throw new LodestoneException("Expected three pairs of values or more for a regression line but found " + x.length
          + " and " + y.length + " values.");
    }
    double meanX = Descriptive.mean(x);
    double meanY = Descriptive.mean(y);
    if (!Descriptive.varies(x)) {
      throw new LodestoneException("A regression line is not defined for x that does not vary: all " + x.length
          + " are " + x[0] + ".");
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xx += (x[i] - meanX) * (x[i] - meanX);
      xy += (x[i] - meanX) * (y[i] - meanY);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    double slope = xy / xx;
    double intercept = meanY - slope * meanX;
    double residual = 0;
    for (int i = 0; i < x.length; i++) {
      double miss = y[i] - intercept - slope * x[i];
      residual += miss * miss;
    }
    return new Regression(x.length, slope, intercept, Math.sqrt(residual / (x.length - 2)),
        yy == 0 ? 1 : 1 - residual / yy, meanX, xx);
  }

  public double at(double x) {
    return intercept + slope * x;
  }

  /** Where the line itself lies at x, at that level of confidence, such as 0.95. */
  public Interval band(double x, double level) {
    double half = StudentT.twoSided(level, pairs - 2) * error
        * Math.sqrt(1.0 / pairs + (x - meanX) * (x - meanX) / spreadX);
    return new Interval(at(x) - half, at(x) + half, level);
  }
}
