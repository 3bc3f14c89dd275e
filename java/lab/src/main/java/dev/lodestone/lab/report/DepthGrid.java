package dev.lodestone.lab.report;

import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The mean of a score by the needle's depth, in percent of the context, and the length of the context. */
final class DepthGrid {
  private static final int MOST = 40; // rows or columns that can be drawn

  private record Sum(double total, int count) {
    Sum plus(Sum other) {
      return new Sum(total + other.total, count + other.count);
    }
  }

  /** Hears of a cell. */
  interface CellConsumer {
    void accept(double depth, int length, double mean, int samples);
  }

  private final TreeMap<Double, TreeMap<Integer, Sum>> cells = new TreeMap<>(); // by depth, by length
  private final TreeSet<Integer> lengths = new TreeSet<>();

  void add(double depth, int length, double score) {
    cells.computeIfAbsent(depth, d -> new TreeMap<>()).merge(length, new Sum(score, 1), Sum::plus);
    lengths.add(length);
  }

  /** Whether it is a grid: not one cell, and not as many rows or columns as there are samples. */
  boolean isDrawable() {
    return cells.size() * lengths.size() > 1 && cells.size() <= MOST && lengths.size() <= MOST;
  }

  /** As shares of the context. */
  double[] depths() {
    return cells.keySet().stream().mapToDouble(d -> d / 100).toArray();
  }

  int[] lengths() {
    return lengths.stream().mapToInt(l -> l).toArray();
  }

  /** (depths, lengths); NaN where there was no sample. */
  double[][] means() {
    return cells.values().stream().map(row -> lengths.stream().mapToDouble(length -> mean(row, length)).toArray())
        .toArray(double[][]::new);
  }

  private static double mean(Map<Integer, Sum> row, int length) {
    Sum sum = row.get(length);
    return sum == null ? Double.NaN : sum.total / sum.count;
  }

  void forEach(CellConsumer consumer) {
    cells.forEach((depth, row) -> row.forEach((length, sum) ->
        consumer.accept(depth, length, sum.total / sum.count, sum.count)));
  }
}
