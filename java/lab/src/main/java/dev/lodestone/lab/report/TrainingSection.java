package dev.lodestone.lab.report;

import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.LineChart;
import dev.lodestone.report.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Loss, gradient norm, learning rate and evaluation of runs. */
record TrainingSection(List<Run> runs) implements Section {
  private static final double GIB = 1L << 30;

  @Override
  public String heading() {
    return "Training";
  }

  @Override
  public boolean isEmpty() {
    return runs.isEmpty();
  }

  @Override
  public List<String> inShort() {
    return runs.stream().map(r -> "%s: the loss goes from %s to %s in %s of training.".formatted(r.name(),
        Section.said(r.steps().get(0).loss()), Section.said(r.last().loss()),
        Section.count(r.last().step(), "step"))).toList();
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("Loss is the mean over the labelled tokens of a step, before its update; the norm is"
        + " that of the gradient before clipping. Points of long runs are means of several steps.");
    for (var group : RunCharts.groups(runs)) {
      draw(page, "Loss", "loss", group, Run.Step::loss);
      draw(page, "Gradient norm", "norm", group, Run.Step::gradNorm);
      draw(page, "Learning rate", "learning rate", group, Run.Step::learningRate);
      for (var metric : Answers.metrics(group.stream().flatMap(r -> r.answers().values().stream()))) {
        drawEvaluation(page, metric, group);
      }
    }
    page.table(table());
  }

  private static void draw(HtmlPage page, String title, String label, List<Run> runs, ToDoubleFunction<Run.Step> part) {
    RunCharts.of(title, label, runs, part).ifPresent(chart -> page.figure(chart, note(runs)));
  }

  private static void drawEvaluation(HtmlPage page, String metric, List<Run> runs) {
    var evaluated = runs.stream().filter(r -> r.answers().values().stream()
        .anyMatch(a -> a.scores().containsKey(metric))).toList();
    var chart = new LineChart("Evaluation", "step", metric);
    for (var run : evaluated) {
      var steps = run.answers().keySet().stream()
          .filter(s -> run.answers().get(s).scores().containsKey(metric)).toList();
      chart.series(run.name(), steps.stream().mapToDouble(Long::doubleValue).toArray(),
          steps.stream().mapToDouble(s -> run.answers().get(s).scores().get(metric).mean()).toArray());
    }
    page.figure(chart, metric + (evaluated.size() == 1 ? ", " + evaluated.get(0).name() : ""));
  }

  /** A chart of one run has no legend. */
  private static String note(List<Run> runs) {
    return runs.size() == 1 ? runs.get(0).name() : "";
  }

  private Table table() {
    var table = new Table("run", "steps", "last loss", "tokens", "tokens a second", "minutes", "peak GiB", "mode",
        "context length", "learning rate", "RoPE", "model", "data");
    for (var run : runs) {
      double seconds = run.sum(Run.Step::seconds);
      double tokens = run.sum(Run.Step::tokens);
      table.row(run.name(), run.last().step(), run.last().loss(), tokens,
          seconds == 0 ? Double.NaN : tokens / seconds, seconds / 60,
          run.steps().stream().mapToDouble(Run.Step::peakBytes).filter(Double::isFinite).max().orElse(Double.NaN) / GIB,
          run.option("mode"), run.number("context-length"), run.number("lr"), run.option("rope"),
          Section.lastPart(run.option("model")), Section.lastPart(run.option("data")));
    }
    return table;
  }

  @Override
  public Map<String, Table> data() {
    var steps = new Table("run", "step", "loss", "grad_norm", "lr", "tokens", "tokens_per_second", "seconds",
        "peak_bytes");
    runs.forEach(r -> r.steps().forEach(s -> steps.row(r.name(), s.step(), s.loss(), s.gradNorm(), s.learningRate(),
        s.tokens(), s.tokensPerSecond(), s.seconds(), s.peakBytes())));
    Map<String, Table> data = new LinkedHashMap<>();
    data.put("runs", table());
    data.put("training", steps);
    var answers = new Table("run", "step", "metric", "mean");
    runs.forEach(r -> r.answers().forEach((step, a) -> a.scores().forEach((metric, score) ->
        answers.row(r.name(), step, metric, score.mean()))));
    if (!answers.isEmpty()) {
      data.put("training-evaluation", answers);
    }
    return data;
  }
}
