package dev.lodestone.lab.report;

import dev.lodestone.heads.TaskScores;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/**
 * What {@code compare} wrote.
 *
 * @param reference the file that the others are compared with
 * @param rows one a compared file
 * @param correlations of similarities with task scores; empty without task scores
 */
record Comparison(String name, String reference, List<Row> rows, List<Correlation> correlations) {
  static final List<String> KINDS = List.of("pearson", "spearman", "kendall");

  /**
   * A compared file.
   *
   * @param file where it was
   * @param similarities by their names, such as {@code cosine} and {@code recall@0.1}; NaN where undefined
   */
  record Row(String name, String file, int trials, Map<String, Double> similarities, Map<String, Double> taskScores) {
    static Row read(Fields json) {
      Map<String, Double> similarities = new LinkedHashMap<>();
      json.node().properties().stream().filter(e -> isSimilarity(e.getKey()))
          .forEach(e -> similarities.put(e.getKey(), json.numberOrNaN(e.getKey())));
      Map<String, Double> taskScores = new LinkedHashMap<>();
      if (json.node().has("task_scores")) {
        var scores = json.object("task_scores");
        scores.node().fieldNames().forEachRemaining(task -> taskScores.put(task, scores.number(task)));
      }
      return new Row(json.text("name"), json.text("file", ""), json.whole("trials"), similarities, taskScores);
    }

    private static boolean isSimilarity(String field) {
      return field.equals("cosine") || KINDS.contains(field) || field.matches("(recall|precision|jaccard|f1)@.*");
    }
  }

  /** A coefficient with its permutation p and its interval by bootstrap. */
  record Test(String kind, double coefficient, double low, double high, double p, int pairs) {}

  /** @param tests none where it is undefined */
  record Correlation(String similarity, String score, List<Test> tests) {
    static Correlation read(Fields json) {
      List<Test> tests = new ArrayList<>();
      for (String kind : KINDS) {
        if (json.node().has(kind)) {
          var test = json.object(kind);
          var interval = test.numbers("interval");
          tests.add(new Test(kind, test.number("coefficient"), interval.length == 2 ? interval[0] : Double.NaN,
              interval.length == 2 ? interval[1] : Double.NaN, test.number("p"), test.whole("n")));
        }
      }
      return new Correlation(json.text("similarity"), json.text("score"), tests);
    }
  }

  static Comparison read(Fields json, String name) {
    var reference = json.object("reference").text("file");
    var rows = json.objects("files").stream().map(Row::read).toList();
    List<Correlation> correlations = json.node().path("correlations").isEmpty() ? List.of()
        : json.objects("correlations").stream().map(Correlation::read).toList();
    return new Comparison(name, reference, rows, correlations);
  }

  /** With other names for the reference and the files, by where they were and what they were called. */
  Comparison renamed(BinaryOperator<String> name) {
    var called = TaskScores.stem(reference.substring(reference.lastIndexOf('/') + 1));
    return new Comparison(this.name, name.apply(reference, called), rows.stream().map(r -> new Row(
        name.apply(r.file, r.name), r.file, r.trials, r.similarities, r.taskScores)).toList(), correlations);
  }

  /** Names of task scores that every file has. */
  List<String> tasks() {
    return rows.get(0).taskScores.keySet().stream()
        .filter(task -> rows.stream().allMatch(r -> r.taskScores.containsKey(task))).toList();
  }
}
