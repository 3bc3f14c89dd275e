package dev.lodestone.lab.report;

import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Table;
import dev.lodestone.stats.Interval;
import java.util.List;
import java.util.Map;

/** Task scores. */
record AnswersSection(List<Answers> answers) implements Section {
  @Override
  public String heading() {
    return "Task scores";
  }

  @Override
  public boolean isEmpty() {
    return answers.isEmpty();
  }

  /** The highest of each metric. */
  @Override
  public List<String> inShort() {
    return Answers.metrics(answers.stream()).stream().map(metric -> {
      var having = answers.stream().filter(a -> a.scores().containsKey(metric)).toList();
      var best = having.stream().reduce((a, b) -> mean(b, metric) > mean(a, metric) ? b : a).orElseThrow();
      return having.size() == 1 ? "%s of %s: %s.".formatted(metric, best.name(), Section.said(mean(best, metric)))
          : "%s of %s: highest %s (%s).".formatted(metric, Section.count(having.size(), "evaluation"),
              Section.said(mean(best, metric)), best.name());
    }).toList();
  }

  private static double mean(Answers answers, String metric) {
    return answers.scores().get(metric).mean();
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("Means over the samples, each with its 95 % interval of the bootstrap where the"
        + " answers themselves are at hand.").table(table());
  }

  private Table table() {
    var table = new Table("answers", "metric", "mean", "low", "high", "samples");
    answers.forEach(a -> a.scores().forEach((metric, score) -> table.row(a.name(), metric, score.mean(),
        score.interval().map(Interval::low).orElse(Double.NaN),
        score.interval().map(Interval::high).orElse(Double.NaN), a.samples())));
    return table;
  }

  @Override
  public Map<String, Table> data() {
    return Map.of("scores", table());
  }
}
