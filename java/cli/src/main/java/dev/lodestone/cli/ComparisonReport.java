package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.heads.HeadComparison;
import dev.lodestone.heads.HeadCut;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreCorrelation;
import dev.lodestone.io.Json;
import dev.lodestone.stats.PermutationTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code compare} found, as lines, JSON and CSV. Undefined numbers are n/a, null and empty.
 *
 * @param scoreNames task scores, if any
 * @param taskScores one array a row, in the order of the names
 */
record ComparisonReport(Path reference, HeadScores expected, List<Row> rows, List<String> scoreNames,
    List<double[]> taskScores, List<ScoreCorrelation> correlations) {
  private static final int FEW = 10; // files below which intervals of the bootstrap are too narrow to lean on

  /** A compared file. */
  record Row(String label, Path file, HeadScores scores, HeadComparison comparison) {}

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("reference %s: %d layers of %d heads, %d trials, %s".formatted(reference, expected.layers(),
        expected.heads(), expected.trials(), detector(expected)));
    rows.stream().filter(r -> !detector(r.scores).equals(detector(expected))).forEach(r -> lines.add(
        "note: another detector for %s: %s".formatted(r.label, detector(r.scores))));
    lines.add("");
    var all = new TextTable("all heads", "trials", "cosine", "pearson", "spearman", "kendall");
    for (var row : rows) {
      var numbers = row.comparison.similarities();
      all.row(row.label, "" + row.scores.trials(), cell(numbers, "cosine"), cell(numbers, "pearson"),
          cell(numbers, "spearman"), cell(numbers, "kendall"));
    }
    lines.addAll(all.lines());
    for (int cut = 0; cut < rows.get(0).comparison.overlaps().size(); cut++) {
      lines.add("");
      lines.addAll(overlaps(cut));
    }
    for (var score : scoreNames) {
      lines.add("");
      lines.addAll(correlations(score));
    }
    return lines;
  }

  private List<String> overlaps(int index) {
    HeadCut cut = rows.get(0).comparison.overlaps().get(index).cut();
    var table = new TextTable(cut.top() > 0 ? "top " + cut.top() : "above " + cut, "of reference", "heads", "common",
        "recall", "precision", "jaccard", "f1");
    for (var row : rows) {
      var overlap = row.comparison.overlaps().get(index);
      table.row(row.label, "" + overlap.reference(), "" + overlap.found(), "" + overlap.common(),
          TextTable.number(overlap.recall()), TextTable.number(overlap.precision()),
          TextTable.number(overlap.jaccard()), TextTable.number(overlap.f1()));
    }
    return table.lines();
  }

  private List<String> correlations(String score) {
    var table = new TextTable("against " + score, "pearson", "p", "spearman", "p", "kendall", "p");
    List<String> lines = new ArrayList<>();
    for (var correlation : correlations) {
      if (!correlation.score().equals(score) || correlation.similarity().matches("(precision|jaccard|f1)@.*")) {
        continue; // the rest is in the JSON
      }
      List<String> cells = new ArrayList<>(List.of(correlation.similarity()));
      for (var test : correlation.tests()) {
        cells.add("%s (%s)".formatted(String.format(Locale.ROOT, "%.2f", test.coefficient()), test.interval()));
        cells.add(TextTable.number(test.p()));
      }
      correlation.undefined().ifPresent(why -> lines.add("  " + correlation.similarity() + ": no correlation, " + why));
      if (!correlation.tests().isEmpty()) {
        table.row(cells.toArray(String[]::new));
      }
    }
    lines.addAll(0, table.lines());
    lines.add("N = %d%s; %s; in brackets 95 %% bootstrap intervals".formatted(rows.size(),
        rows.size() < FEW ? ", few: the intervals are too narrow" : "",
        rows.size() <= PermutationTest.MOST_EXACT ? "p exact over all orders" : "p from random orders"));
    return lines;
  }

  private static String cell(Map<String, Double> numbers, String name) {
    return TextTable.number(numbers.get(name));
  }

  private static String detector(HeadScores scores) {
    return scores.meta().getOrDefault("detector", "detector not stated").toString();
  }

  ObjectNode toJson() {
    ObjectNode json = Json.mapper().createObjectNode();
    json.putObject("reference").put("file", reference.toString()).put("layers", expected.layers())
        .put("heads", expected.heads()).put("trials", expected.trials()).put("detector", detector(expected));
    var list = json.putArray("files");
    for (int i = 0; i < rows.size(); i++) {
      var row = rows.get(i);
      ObjectNode node = list.addObject().put("name", row.label).put("file", row.file.toString())
          .put("trials", row.scores.trials()).put("detector", detector(row.scores))
          .put("heads_judged", row.comparison.judged());
      row.comparison.similarities().forEach((name, value) -> put(node, name, value));
      for (var overlap : row.comparison.overlaps()) {
        node.putObject("heads@" + overlap.cut()).put("reference", overlap.reference()).put("found", overlap.found())
            .put("common", overlap.common());
      }
      for (int s = 0; s < scoreNames.size(); s++) {
        node.withObject("/task_scores").put(scoreNames.get(s), taskScores.get(i)[s]);
      }
    }
    if (!scoreNames.isEmpty()) {
      var found = json.putArray("correlations");
      correlations.forEach(c -> addCorrelation(found.addObject(), c));
    }
    return json;
  }

  private static void addCorrelation(ObjectNode node, ScoreCorrelation correlation) {
    node.put("similarity", correlation.similarity()).put("score", correlation.score());
    correlation.undefined().ifPresent(why -> node.put("undefined", why));
    for (var test : correlation.tests()) {
      var one = node.putObject(test.kind().id()).put("coefficient", test.coefficient()).put("p", test.p())
          .put("exact", test.exact()).put("permutations", test.permutations()).put("n", test.pairs());
      one.putArray("interval").add(test.interval().low()).add(test.interval().high());
    }
  }

  private static void put(ObjectNode node, String name, double value) {
    if (Double.isNaN(value)) {
      node.putNull(name);
    } else {
      node.put(name, value);
    }
  }

  String toCsv() {
    List<String> header = new ArrayList<>(List.of("file", "trials"));
    header.addAll(rows.get(0).comparison.similarities().keySet());
    header.addAll(scoreNames);
    var csv = new StringBuilder();
    addLine(csv, header);
    for (int i = 0; i < rows.size(); i++) {
      List<String> fields = new ArrayList<>(List.of(rows.get(i).label, "" + rows.get(i).scores.trials()));
      rows.get(i).comparison.similarities().values().forEach(v -> fields.add(v.isNaN() ? "" : v.toString()));
      for (int s = 0; s < scoreNames.size(); s++) {
        fields.add("" + taskScores.get(i)[s]);
      }
      addLine(csv, fields);
    }
    return csv.toString();
  }

  private static void addLine(StringBuilder csv, List<String> fields) {
    csv.append(String.join(",", fields.stream()
        .map(f -> f.matches("[^\",\\r\\n]*") ? f : "\"" + f.replace("\"", "\"\"") + "\"").toList())).append('\n');
  }
}
