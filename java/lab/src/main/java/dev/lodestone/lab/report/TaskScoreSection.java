package dev.lodestone.lab.report;

import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Scatter;
import dev.lodestone.report.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Similarity of heads against the task score: a point a model, with the regression line (Zhao et al. 2025). */
record TaskScoreSection(List<Comparison> comparisons) implements Section {
  private static final int FEW = 10; // models below which intervals of the bootstrap are too narrow to lean on

  TaskScoreSection {
    comparisons = comparisons.stream().filter(c -> !c.tasks().isEmpty()).toList();
  }

  @Override
  public String heading() {
    return "Heads and task scores";
  }

  @Override
  public boolean isEmpty() {
    return comparisons.isEmpty();
  }

  @Override
  public List<String> inShort() {
    List<String> sentences = new ArrayList<>();
    for (var comparison : comparisons) {
      comparison.correlations().stream().filter(c -> c.similarity().equals("cosine"))
          .flatMap(c -> c.tests().stream().filter(t -> t.kind().equals("spearman"))
              .map(t -> "Over %s, cosine with %s and %s: %s.".formatted(Section.count(t.pairs(), "model"),
                  comparison.reference(), c.score(), said(t))))
          .forEach(sentences::add);
    }
    return sentences;
  }

  /** Such as {@code Spearman 0.93 (0.41 to 1.00), p 0.017}. */
  private static String said(Comparison.Test test) {
    return "%s %s (%s to %s), p %s".formatted(test.kind().substring(0, 1).toUpperCase(Locale.ROOT)
        + test.kind().substring(1),
        Section.said(test.coefficient()), Section.said(test.low()), Section.said(test.high()),
        test.p() < 0.001 ? "< 0.001" : String.format(Locale.ROOT, "%.3f", test.p()));
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("A point is a model; the line is fitted by least squares and the band holds it at"
        + " 95 %. p is of a permutation test, intervals are of the bootstrap.");
    for (var comparison : comparisons) {
      if (comparison.rows().size() < FEW) {
        page.text("With " + Section.count(comparison.rows().size(), "model") + " the intervals are too narrow: read"
            + " them as hints.");
      }
      List<String> undrawn = new ArrayList<>();
      for (var task : comparison.tasks()) {
        for (var similarity : comparison.rows().get(0).similarities().keySet()) {
          if (isShown(similarity)) {
            draw(page, comparison, similarity, task, undrawn);
          }
        }
      }
      if (!undrawn.isEmpty()) {
        page.text("Not drawn, because it is the same for every model or not defined for one: "
            + String.join(", ", undrawn) + ".");
      }
      var table = table(comparison);
      if (!table.isEmpty()) {
        page.table(table);
      }
    }
  }

  private static void draw(HtmlPage page, Comparison comparison, String similarity, String task,
      List<String> undrawn) {
    var x = comparison.rows().stream().mapToDouble(r -> r.similarities().getOrDefault(similarity, Double.NaN))
        .toArray();
    boolean varies = Arrays.stream(x).allMatch(Double::isFinite) && Arrays.stream(x).anyMatch(v -> v != x[0]);
    if (!varies) {
      undrawn.add(similarity + " against " + task);
      return;
    }
    var scatter = new Scatter(similarity + " and " + task, similarity + " with " + comparison.reference(), task);
    for (int i = 0; i < x.length; i++) {
      var row = comparison.rows().get(i);
      scatter.point(row.name(), x[i], row.taskScores().get(task));
    }
    page.figure(scatter, comparison.correlations().stream()
        .filter(c -> c.similarity().equals(similarity) && c.score().equals(task)).flatMap(c -> c.tests().stream())
        .filter(t -> !t.kind().equals("kendall")).map(TaskScoreSection::said).collect(Collectors.joining("; ")));
  }

  private static boolean isShown(String similarity) {
    return similarity.matches("cosine|recall@.*");
  }

  /** Of the similarities that are drawn; all of them are in the data. */
  private static Table table(Comparison comparison) {
    var table = new Table("similarity", "task score", "N", "Pearson", "low", "high", "p", "Spearman", "low", "high",
        "p", "Kendall", "p");
    for (var correlation : comparison.correlations()) {
      if (isShown(correlation.similarity()) && correlation.tests().size() == Comparison.KINDS.size()) {
        var pearson = correlation.tests().get(0);
        var spearman = correlation.tests().get(1);
        var kendall = correlation.tests().get(2);
        table.row(correlation.similarity(), correlation.score(), pearson.pairs(), pearson.coefficient(), pearson.low(),
            pearson.high(), pearson.p(), spearman.coefficient(), spearman.low(), spearman.high(), spearman.p(),
            kendall.coefficient(), kendall.p());
      }
    }
    return table;
  }

  private static Table data(List<Comparison> comparisons) {
    var table = new Table("comparison", "similarity", "task_score", "n", "coefficient", "value", "low", "high", "p");
    for (var comparison : comparisons) {
      for (var correlation : comparison.correlations()) {
        correlation.tests().forEach(t -> table.row(comparison.name(), correlation.similarity(), correlation.score(),
            t.pairs(), t.kind(), t.coefficient(), t.low(), t.high(), t.p()));
      }
    }
    return table;
  }

  @Override
  public Map<String, Table> data() {
    var table = data(comparisons);
    return table.isEmpty() ? Map.of() : Map.of("correlations", table);
  }
}
