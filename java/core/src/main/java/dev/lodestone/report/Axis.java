package dev.lodestone.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Maps values to places along one direction of a chart.
 *
 * @param low the value at {@code from}
 * @param high the value at {@code to}
 * @param ticks values that get a line and a number
 */
record Axis(boolean log, double low, double high, double from, double to, List<Double> ticks) {
  private static final int TICKS = 5; // about

  /** Over the values, widened to ticks at 1, 2 or 5 times a power of ten (Heckbert 1990, "Nice numbers for labels"). */
  static Axis linear(double[] values, double from, double to) {
    double low = DoubleStream.of(values).min().orElseThrow();
    double high = DoubleStream.of(values).max().orElseThrow();
    if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) { // one value: room on both sides
      double room = low == 0 ? 1 : Math.abs(low) / 2;
      low -= room;
      high += room;
    }
    double step = nice((high - low) / TICKS);
    long first = (long) Math.floor(low / step + 1e-9);
    long last = (long) Math.ceil(high / step - 1e-9);
    List<Double> ticks = new ArrayList<>();
    for (long i = first; i <= last; i++) {
      ticks.add(step < 1 ? i / Math.rint(1 / step) : i * step); // 3 / 10 is 0.3, 3 * 0.1 is not
    }
    return new Axis(false, ticks.get(0), ticks.get(ticks.size() - 1), from, to, ticks);
  }

  /** Logarithmic over positive values, ticks at powers of ten, with 2 and 5 times them where they are few. */
  static Axis log(double[] values, double from, double to) {
    double low = DoubleStream.of(values).min().orElseThrow();
    double high = DoubleStream.of(values).max().orElseThrow();
    if (high <= low * 1.0001) {
      low /= 2;
      high *= 2;
    }
    List<Double> ticks = new ArrayList<>();
    int decades = (int) Math.ceil(Math.log10(high) - Math.log10(low));
    int every = Math.max(1, (int) Math.ceil(decades / 8.0));
    for (int e = (int) Math.floor(Math.log10(low)); e <= Math.log10(high); e++) {
      for (double digit : decades <= 2 ? new double[] {1, 2, 5} : new double[] {1}) {
        double tick = digit * Math.pow(10, e);
        if (tick >= low && tick <= high && e % every == 0) {
          ticks.add(tick);
        }
      }
    }
    return new Axis(true, low, high, from, to, ticks);
  }

  double at(double value) {
    double share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return from + share * (to - from);
  }

  private static double nice(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    double digit = step / power;
    return power * (digit <= 1 + 1e-9 ? 1 : digit <= 2 + 1e-9 ? 2 : digit <= 5 + 1e-9 ? 5 : 10);
  }
}
