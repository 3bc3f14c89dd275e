package dev.lodestone.lab.report;

import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** How the heads of each model agree with those of the reference. */
record ComparisonSection(List<Comparison> comparisons) implements Section {
  @Override
  public String heading() {
    return "Heads compared";
  }

  @Override
  public boolean isEmpty() {
    return comparisons.isEmpty();
  }

  @Override
  public List<String> inShort() {
    return comparisons.stream().map(c -> {
      var best = c.rows().stream().filter(r -> !Double.isNaN(cosine(r)))
          .reduce((a, b) -> cosine(b) > cosine(a) ? b : a);
      return "%s compared with the heads of %s".formatted(Section.count(c.rows().size(), "model"), c.reference())
          + best.map(r -> "; the nearest is %s, cosine %s.".formatted(r.name(), Section.said(cosine(r)))).orElse(".");
    }).toList();
  }

  private static double cosine(Comparison.Row row) {
    return row.similarities().getOrDefault("cosine", Double.NaN);
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("Cosine and rank correlation of the mean scores over all heads; recall is the share of"
        + " the reference's retrieval heads that the model has too, precision the share of the model's that are the"
        + " reference's. @0.1 counts heads that score above 0.1, @top10 the ten highest. n/a is not defined. Press a"
        + " column's head to sort.");
    for (var comparison : comparisons) {
      page.text("Reference: " + comparison.reference() + " (" + comparison.name() + ")");
      page.table(table(comparison, name -> name.matches("cosine|spearman|(recall|precision)@.*")));
    }
  }

  private static Table table(Comparison comparison, Predicate<String> shown) {
    var names = comparison.rows().get(0).similarities().keySet().stream().filter(shown).toList();
    var tasks = comparison.tasks();
    List<String> columns = new ArrayList<>(List.of("model", "trials"));
    columns.addAll(names);
    columns.addAll(tasks);
    var table = new Table(columns.toArray(String[]::new));
    for (var row : comparison.rows()) {
      List<Object> cells = new ArrayList<>(List.of(row.name(), row.trials()));
      names.forEach(name -> cells.add(row.similarities().getOrDefault(name, Double.NaN)));
      tasks.forEach(task -> cells.add(row.taskScores().get(task)));
      table.row(cells.toArray());
    }
    return table;
  }

  @Override
  public Map<String, Table> data() {
    Map<String, Table> data = new LinkedHashMap<>();
    for (int i = 0; i < comparisons.size(); i++) {
      data.put("comparison" + (i == 0 ? "" : "-" + (i + 1)), table(comparisons.get(i), name -> true));
    }
    return data;
  }
}
