package dev.lodestone.lab.report;

import dev.lodestone.heads.HeadScores;
import dev.lodestone.report.HeatMap;
import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** A heat map of every score file, those of a detector on one scale. */
record HeadsSection(List<Findings.Heads> files) implements Section {
  /** Wu et al. 2024, section 2. */
  static final double RETRIEVAL_HEAD = 0.1;

  private static final int MOST_DRAWN = 1 << 14; // heads of a map

  @Override
  public String heading() {
    return "Heads";
  }

  @Override
  public boolean isEmpty() {
    return files.isEmpty();
  }

  @Override
  public List<String> inShort() {
    var highest = files.get(0).scores().top(1).get(0);
    var scores = files.get(0).scores();
    return List.of("%s of heads. In %s, %s of %s heads score above %s (%s); the highest is %s with %s.".formatted(
        Section.count(files.size(), "score file"), files.get(0).name(),
        Section.whole(scores.above(RETRIEVAL_HEAD)), Section.whole((long) scores.layers() * scores.heads()),
        RETRIEVAL_HEAD, files.get(0).detector(), highest.head(),
        Section.said(highest.mean())));
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("Mean score of every head over the trials that counted, layers across and heads down;"
        + " darker is higher (lighter on a dark page). Maps of one detector share their scale. An empty cell is a head"
        + " that cannot see the place looked for. Point at a cell for its number and standard error.");
    for (var file : files) {
      var scores = file.scores();
      if (scores.layers() * scores.heads() <= MOST_DRAWN) {
        var scale = scale(file.detector());
        page.figure(HeatMap.ofHeads(file.name(), scores, scale[0], scale[1]), note(file));
      } else {
        page.text(file.name() + ": too many heads to draw.");
      }
    }
    page.table(table());
  }

  private static String note(Findings.Heads file) {
    return String.join(", ", Stream.of(file.model(), file.detector(),
        Section.count(file.scores().trials(), "trial")).filter(s -> !s.isEmpty()).toList());
  }

  private double[] scale(String detector) {
    var means = files.stream().filter(f -> f.detector().equals(detector)).map(Findings.Heads::scores)
        .map(HeadScores::means).flatMapToDouble(Arrays::stream).filter(Double::isFinite).toArray();
    double low = Math.min(0, DoubleStream.of(means).min().orElse(0));
    double high = DoubleStream.of(means).max().orElse(1);
    return new double[] {low, high > low ? high : low + 1};
  }

  private Table table() {
    var table = new Table("scores", "model", "detector", "trials", "heads", "above " + RETRIEVAL_HEAD, "highest head",
        "its mean", "standard error");
    for (var file : files) {
      var scores = file.scores();
      var top = scores.top(1).get(0);
      table.row(file.name(), file.model(), file.detector(), scores.trials(), scores.layers() * scores.heads(),
          scores.above(RETRIEVAL_HEAD), top.head().toString(), top.mean(), top.standardError());
    }
    return table;
  }

  @Override
  public Map<String, Table> data() {
    var all = new Table("scores", "model", "detector", "layer", "head", "mean", "standard_error");
    for (var file : files) {
      var ranked = new ArrayList<>(file.scores().top(Integer.MAX_VALUE));
      ranked.sort(Comparator.comparing(HeadScores.Ranked::head));
      ranked.forEach(r -> all.row(file.name(), file.model(), file.detector(), r.head().layer(), r.head().head(),
          r.mean(), r.standardError()));
    }
    return Map.of("heads", all);
  }
}
