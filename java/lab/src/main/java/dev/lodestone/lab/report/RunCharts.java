package dev.lodestone.lab.report;

import dev.lodestone.report.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Curves of several runs, few enough of them in a chart to be told apart, each of few enough points. */
final class RunCharts {
  private static final int RUNS = 6; // of a chart: as many as there are colours
  private static final int POINTS = 300; // of a curve

  private RunCharts() {}

  static List<List<Run>> groups(List<Run> runs) {
    return IntStream.iterate(0, i -> i < runs.size(), i -> i + RUNS)
        .mapToObj(i -> runs.subList(i, Math.min(runs.size(), i + RUNS))).toList();
  }

  /** The curves of those runs that have the number; nothing if none has. */
  static Optional<LineChart> of(String title, String label, List<Run> runs, ToDoubleFunction<Run.Step> part) {
    var chart = new LineChart(title, "step", label);
    int drawn = 0;
    for (var run : runs) {
      var steps = run.steps().stream().filter(s -> Double.isFinite(part.applyAsDouble(s))).toList();
      if (!steps.isEmpty()) {
        chart.series(run.name(), means(steps, Run.Step::step), means(steps, part));
        drawn++;
      }
    }
    return drawn == 0 ? Optional.empty() : Optional.of(chart);
  }

  /** Means of as many steps in a row as it takes to be left with few enough. */
  static double[] means(List<Run.Step> steps, ToDoubleFunction<Run.Step> part) {
    int each = (steps.size() + POINTS - 1) / POINTS;
    List<Double> means = new ArrayList<>();
    for (int i = 0; i < steps.size(); i += each) {
      means.add(steps.subList(i, Math.min(steps.size(), i + each)).stream()
          .collect(Collectors.averagingDouble(part)));
    }
    return means.stream().mapToDouble(m -> m).toArray();
  }
}
