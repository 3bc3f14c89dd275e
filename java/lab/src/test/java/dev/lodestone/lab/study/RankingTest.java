package dev.lodestone.lab.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RankingTest {
  @TempDir Path folder;
  private final FakeCommands commands = new FakeCommands();
  private StudyPlan early;
  private StudyPlan whole;
  private StudyFolder results;

  @BeforeEach
  void shortRuns() throws IOException {
    var study = Json.parse(Studies.small(folder).replace("\"variants\": {",
        "\"variants\": {\"a\": {\"documents\": 1}, \"b\": {\"documents\": 2}, "), "s");
    early = StudyPlan.early(study, "s", commands);
    whole = StudyPlan.of(study, "s", commands);
    results = new StudyFolder(folder.resolve("out"));
    run(early);
    var group = early.groups().get(0);
    Files.writeString(results.of(group.comparisons().get("wu-code")).resolve("compare.json"), """
        {"files": [{"name": "a", "trials": 3, "cosine": 0.7, "recall@0.1": 1, "precision@0.1": 0.5},
                   {"name": "b", "trials": 3, "cosine": null, "recall@0.1": 1, "precision@0.1": 0.5},
                   {"name": "mine", "trials": 3, "cosine": 0.9, "recall@0.1": 1, "precision@0.1": 0.5}]}""");
    setScores(early, Map.of("a", 0.1, "b", 0.2, "mine", 0.3, "real", 0.9));
  }

  private void run(StudyPlan plan) throws IOException {
    assertTrue(StudyRun.run(plan, results, Shard.WHOLE, new StudyListener() {}).left().isEmpty());
  }

  private void setScores(StudyPlan plan, Map<String, Double> scores) throws IOException {
    for (var entry : plan.groups().get(0).evaluations().entrySet()) {
      Files.writeString(results.of(entry.getValue()).resolve("eval.json"),
          "{\"samples\": 5, \"f1\": %s}".formatted(scores.get(entry.getKey())));
    }
  }

  @Test
  void ranksBySimilarityOfHeads() {
    var ranking = Ranking.of(early, whole, results, 0).get(0);
    assertEquals(List.of("mine", "a", "b"), ranking.candidates().stream().map(Ranking.Candidate::variant).toList());
    assertEquals(Map.of("cosine", 0.9, "recall@0.1", 1.0, "f1", 0.3), ranking.candidates().get(0).early());
    assertTrue(ranking.candidates().get(0).late().isEmpty());
    assertTrue(ranking.agreements().isEmpty(), "nothing late is known");
    assertEquals("early", ranking.labels().get("budget"));
    assertTrue(ranking.toJson().at("/candidates/2/early/cosine").isNull());
  }

  @Test
  void agreesWithTheWholeRunsWhereTheyAreDone() throws IOException {
    run(whole);
    setScores(whole, Map.of("a", 0.5, "b", 0.4, "mine", 0.6, "real", 0.9));
    var ranking = Ranking.of(early, whole, results, 0).get(0);
    assertEquals(Map.of("f1", 0.6), ranking.candidates().get(0).late());
    assertEquals(List.of("cosine", "recall@0.1", "f1"), ranking.agreements().stream().map(Ranking.Agreement::early)
        .toList());
    assertNull(ranking.agreements().get(0).spearman(), "one cosine is not defined");
    assertNull(ranking.agreements().get(1).spearman(), "the recall is the same for all");
    var f1 = ranking.agreements().get(2); // early a < b < mine, late b < a < mine
    assertEquals(0.5, f1.spearman().coefficient(), 1e-12);
    assertEquals(1 / 3.0, f1.kendall().coefficient(), 1e-12);
    assertEquals(3, ranking.toJson().at("/agreements/2/kendall/n").asInt());
  }
}
