package dev.lodestone.lab.report;

import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.LineChart;
import dev.lodestone.report.Table;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/** Task scores as heads are removed, the highest ones against random ones. */
record KnockoutSection(List<Knockout> knockouts) implements Section {
  private static final int USUAL = 10; // heads: what is said in short

  @Override
  public String heading() {
    return "Knockout";
  }

  @Override
  public boolean isEmpty() {
    return knockouts.isEmpty();
  }

  @Override
  public List<String> inShort() {
    return knockouts.stream().map(k -> {
      var level = k.levels().stream().filter(l -> l.top() <= USUAL).reduce((a, b) -> b).orElse(k.levels().get(0));
      String named = "%s: %s is %s without the %s and %s with all".formatted(k.name(), k.metric(),
          Section.said(level.score()), level.top() == 1 ? "highest head" : level.top() + " highest heads",
          Section.said(k.baseline()));
      return named + (level.hasControls() ? "; without as many random heads it is %s (%s to %s over %s).".formatted(
          Section.said(level.mean()), Section.said(level.low()), Section.said(level.high()),
          Section.count(level.controls().length, "draw")) : ".");
    }).toList();
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("The score of the task when the output of heads is removed: the highest by their"
        + " score, and as many random heads of the same layers, whose band holds the middle 95 % of the draws. Heads"
        + " that matter bring the score down below the band.");
    knockouts.forEach(k -> page.figure(chart(k), note(k)));
    var table = new Table("knockout", "removed", "score", "baseline", "random heads", "low", "high", "draws as low");
    knockouts.forEach(k -> k.levels().forEach(l -> table.row(k.name(), l.top(), l.score(), k.baseline(), l.mean(),
        l.low(), l.high(), l.asLow() + " of " + l.controls().length)));
    page.table(table);
  }

  private static LineChart chart(Knockout k) {
    var x = along(k.levels(), 0, Knockout.Level::top);
    var chart = new LineChart(k.name(), "heads removed", k.metric())
        .series("highest heads", x, along(k.levels(), k.baseline(), Knockout.Level::score));
    var controlled = k.levels().stream().filter(Knockout.Level::hasControls).toList();
    return controlled.isEmpty() ? chart : chart.series("random heads", along(controlled, 0, Knockout.Level::top),
        along(controlled, k.baseline(), Knockout.Level::mean), along(controlled, k.baseline(), Knockout.Level::low),
        along(controlled, k.baseline(), Knockout.Level::high));
  }

  /** Where no head is removed, then every level. */
  private static double[] along(List<Knockout.Level> levels, double first, ToDoubleFunction<Knockout.Level> part) {
    return DoubleStream.concat(DoubleStream.of(first), levels.stream().mapToDouble(part)).toArray();
  }

  private static String note(Knockout k) {
    return "%s%s, %s, rows: %s".formatted(k.model().isEmpty() ? "" : Section.lastPart(k.model()) + ", ",
        Section.count(k.samples(), "sample"), k.mode(), k.scope());
  }

  @Override
  public Map<String, Table> data() {
    var table = new Table("knockout", "metric", "mode", "rows", "samples", "removed", "score", "baseline",
        "control_mean", "control_low", "control_high", "draws", "draws_as_low");
    knockouts.forEach(k -> k.levels().forEach(l -> table.row(k.name(), k.metric(), k.mode(), k.scope(), k.samples(),
        l.top(), l.score(), k.baseline(), l.mean(), l.low(), l.high(), l.controls().length, l.asLow())));
    return Map.of("knockout", table);
  }
}
