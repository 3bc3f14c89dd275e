package dev.lodestone.stats;

import java.util.Locale;

/**
 * An interval of confidence.
 *
 * @param level the share of samples whose interval holds the true value, such as 0.95
 */
public record Interval(double low, double high, double level) {
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.2f to %.2f", low, high);
  }
}
