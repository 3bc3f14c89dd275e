package dev.lodestone.lab.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import dev.lodestone.stats.Correlation;
import dev.lodestone.stats.Descriptive;
import dev.lodestone.stats.PermutationTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Training sets in the order that short runs put them in, and how far the whole runs agree, where they are done. Our
 * own operationalisation of choosing data by heads: that resemblance of heads goes with task scores is a finding of
 * Zhao, Yin, Durrett (arXiv 2410.22316); whether a tenth of the training shows it is what the agreement answers.
 *
 * @param labels the model, task, length and seed
 * @param candidates most similar first
 */
public record Ranking(Map<String, String> labels, List<Candidate> candidates, List<Agreement> agreements) {
  private static final int FEWEST = 3; // candidates that can agree or disagree

  /**
   * A training set.
   *
   * @param early similarity of heads with the short run on the reference, and task scores of the short run
   * @param late task scores of the whole run; empty if it is not done
   */
  public record Candidate(String variant, Map<String, Double> early, Map<String, Double> late) {}

  /** Whether what was measured early puts the candidates in the order of their late scores. */
  public record Agreement(String early, String late, PermutationTest spearman, PermutationTest kendall) {}

  /**
   * One ranking a group, in the order of the plan; groups whose short runs are not all done are left out.
   *
   * @param early the short runs
   * @param whole the study itself
   */
  public static List<Ranking> of(StudyPlan early, StudyPlan whole, StudyFolder folder, long seed) {
    List<Ranking> rankings = new ArrayList<>();
    for (int i = 0; i < early.groups().size(); i++) {
      var group = early.groups().get(i);
      if (!group.comparisons().isEmpty() && Stream.concat(group.comparisons().values().stream(),
          group.evaluations().values().stream()).allMatch(folder::isDone)) {
        var candidates = candidates(group, whole.groups().get(i), folder);
        rankings.add(new Ranking(group.labels(), candidates, agreements(candidates, seed)));
      }
    }
    return rankings;
  }

  private static List<Candidate> candidates(StudyPlan.Group early, StudyPlan.Group whole, StudyFolder folder) {
    var measured = new LinkedHashMap<String, Map<String, Double>>();
    early.comparisons().forEach((detector, step) -> {
      var prefix = early.comparisons().size() > 1 ? detector + " " : "";
      for (JsonNode file : Json.readFile(folder.of(step).resolve("compare.json")).path("files")) {
        var row = measured.computeIfAbsent(file.path("name").asText(), name -> new LinkedHashMap<>());
        file.properties().stream().filter(e -> e.getKey().matches("cosine|spearman|recall@.*"))
            .forEach(e -> row.put(prefix + e.getKey(), e.getValue().asDouble(Double.NaN)));
      }
    });
    List<Candidate> candidates = new ArrayList<>();
    measured.forEach((variant, row) -> {
      row.putAll(scores(early.evaluations().get(variant), folder));
      candidates.add(new Candidate(variant, row, scores(whole.evaluations().get(variant), folder)));
    });
    var first = candidates.get(0).early.keySet().iterator().next();
    candidates.sort((a, b) -> Double.compare(orLowest(b.early.get(first)), orLowest(a.early.get(first))));
    return candidates;
  }

  private static double orLowest(double value) {
    return Double.isNaN(value) ? Double.NEGATIVE_INFINITY : value;
  }

  private static Map<String, Double> scores(Step evaluation, StudyFolder folder) {
    return evaluation == null || !folder.isDone(evaluation) ? Map.of()
        : EvalSummaries.metrics(folder.of(evaluation).resolve(Step.EVAL_SUMMARY));
  }

  private static List<Agreement> agreements(List<Candidate> candidates, long seed) {
    List<Agreement> agreements = new ArrayList<>();
    var known = candidates.stream().filter(candidate -> !candidate.late.isEmpty()).toList();
    if (known.size() < FEWEST) {
      return agreements;
    }
    for (var late : new TreeSet<>(known.get(0).late.keySet())) {
      var y = known.stream().mapToDouble(candidate -> candidate.late.get(late)).toArray();
      for (var early : known.get(0).early.keySet()) {
        var x = known.stream().mapToDouble(candidate -> candidate.early.get(early)).toArray();
        boolean defined = Descriptive.varies(x) && Descriptive.varies(y) && Arrays.stream(x).allMatch(Double::isFinite);
        agreements.add(new Agreement(early, late,
            defined ? PermutationTest.of(Correlation.SPEARMAN, x, y, seed) : null,
            defined ? PermutationTest.of(Correlation.KENDALL, x, y, seed) : null));
      }
    }
    return agreements;
  }

  /** The ranking for a file; what is not defined is null. */
  public ObjectNode toJson() {
    var json = Json.mapper().createObjectNode();
    json.set("labels", Json.mapper().valueToTree(labels));
    var list = json.putArray("candidates");
    for (var candidate : candidates) {
      var node = list.addObject().put("variant", candidate.variant);
      putAll(node.putObject("early"), candidate.early);
      putAll(node.putObject("late"), candidate.late);
    }
    var found = json.putArray("agreements");
    for (var agreement : agreements) {
      var node = found.addObject().put("early", agreement.early).put("late", agreement.late);
      putTest(node, "spearman", agreement.spearman);
      putTest(node, "kendall", agreement.kendall);
    }
    return json;
  }

  private static void putAll(ObjectNode node, Map<String, Double> numbers) {
    numbers.forEach((name, value) -> node.put(name, value.isNaN() ? null : value));
  }

  private static void putTest(ObjectNode node, String name, PermutationTest test) {
    if (test == null) {
      node.putNull(name);
    } else {
      node.putObject(name).put("coefficient", test.coefficient()).put("p", test.p()).put("n", test.pairs())
          .putArray("interval").add(test.interval().low()).add(test.interval().high());
    }
  }
}
