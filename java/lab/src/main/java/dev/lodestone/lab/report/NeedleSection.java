package dev.lodestone.lab.report;

import dev.lodestone.report.Grid;
import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Table;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Scores by where the needle stands and how long the context is. */
record NeedleSection(List<Answers> answers) implements Section {
  NeedleSection {
    answers = answers.stream().filter(a -> a.grids().values().stream().anyMatch(DepthGrid::isDrawable)).toList();
  }

  @Override
  public String heading() {
    return "Needles by depth and length";
  }

  @Override
  public boolean isEmpty() {
    return answers.isEmpty();
  }

  @Override
  public List<String> inShort() {
    return answers.stream().map(a -> {
      String metric = a.grids().keySet().iterator().next();
      var grid = a.grids().get(metric);
      var cells = Arrays.stream(grid.means()).flatMapToDouble(Arrays::stream).filter(Double::isFinite).toArray();
      return "%s: %s goes from %s in the worst to %s in the best of %s of depth and length.".formatted(a.name(), metric,
          Section.said(Arrays.stream(cells).min().orElseThrow()),
          Section.said(Arrays.stream(cells).max().orElseThrow()), Section.count(cells.length, "cell"));
    }).toList();
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("Mean score of the samples of each cell; 0 % is the start of the context.");
    for (var file : answers) {
      file.grids().forEach((metric, grid) -> {
        if (grid.isDrawable()) {
          page.figure(Grid.of(file.name(), grid.lengths(), grid.depths(), grid.means(), metric),
              metric + ", " + Section.count(file.samples(), "sample"));
        }
      });
    }
  }

  @Override
  public Map<String, Table> data() {
    var table = new Table("answers", "metric", "context_length", "depth", "mean", "samples");
    answers.forEach(a -> a.grids().forEach((metric, grid) -> grid.forEach((depth, length, mean, samples) ->
        table.row(a.name(), metric, length, depth, mean, samples))));
    return Map.of("needles", table);
  }
}
