package dev.lodestone.lab.report;

import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.LineChart;
import dev.lodestone.report.Table;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** How heads come up while a model is trained. */
record EmergenceSection(List<Run> runs) implements Section {
  private static final int FOLLOWED = 6; // highest heads of the last step

  EmergenceSection {
    runs = runs.stream().filter(r -> !r.heads().isEmpty()).toList();
  }

  @Override
  public String heading() {
    return "Emergence of heads";
  }

  @Override
  public boolean isEmpty() {
    return runs.isEmpty();
  }

  @Override
  public List<String> inShort() {
    return runs.stream().map(r -> "%s: %s above %s at step %s and %s at step %s.".formatted(r.name(),
        Section.count(above(r.heads().get(r.heads().firstKey())), "head"), HeadsSection.RETRIEVAL_HEAD,
        Section.whole(r.heads().firstKey()), Section.whole(above(r.heads().get(r.heads().lastKey()))),
        Section.whole(r.heads().lastKey()))).toList();
  }

  private static int above(HeadScores scores) {
    return scores.above(HeadsSection.RETRIEVAL_HEAD);
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("Scores of the live weights as training goes on: how many heads score above "
        + HeadsSection.RETRIEVAL_HEAD + ", and the way of the heads that are highest at the end.");
    for (var group : RunCharts.groups(runs)) {
      var chart = new LineChart("Heads above " + HeadsSection.RETRIEVAL_HEAD, "step", "heads");
      group.forEach(r -> chart.series(r.name(), steps(r), along(r, EmergenceSection::above)));
      page.figure(chart, "");
    }
    for (var run : runs) {
      var chart = new LineChart(run.name(), "step", "mean score");
      for (Head head : followed(run)) {
        chart.series(head.toString(), steps(run), along(run, s -> s.mean(head)));
      }
      if (!followed(run).isEmpty()) {
        page.figure(chart, "its highest heads at the end");
      }
    }
  }

  /** The highest heads of the last step that can be judged at every step. */
  private static List<Head> followed(Run run) {
    var last = run.heads().get(run.heads().lastKey());
    return last.top(last.layers() * last.heads()).stream().map(HeadScores.Ranked::head)
        .filter(h -> run.heads().values().stream().allMatch(s -> h.layer() < s.layers() && h.head() < s.heads()
            && Double.isFinite(s.mean(h)))).limit(FOLLOWED).toList();
  }

  private static double[] steps(Run run) {
    return run.heads().keySet().stream().mapToDouble(Long::doubleValue).toArray();
  }

  private static double[] along(Run run, ToDoubleFunction<HeadScores> part) {
    return run.heads().values().stream().mapToDouble(part).toArray();
  }

  @Override
  public Map<String, Table> data() {
    var table = new Table("run", "step", "trials", "heads_above_" + HeadsSection.RETRIEVAL_HEAD, "head", "mean");
    for (var run : runs) {
      var heads = followed(run);
      run.heads().forEach((step, scores) -> heads.forEach(h -> table.row(run.name(), step, scores.trials(),
          above(scores), h.toString(), scores.mean(h))));
    }
    return Map.of("emergence", table);
  }
}
