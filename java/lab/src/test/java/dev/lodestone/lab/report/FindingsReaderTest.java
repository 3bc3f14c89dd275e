package dev.lodestone.lab.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindingsReaderTest {
  @TempDir Path folder;

  private Findings read(Path... places) {
    return FindingsReader.read(List.of(places));
  }

  private String refusal(Path... places) {
    return assertThrows(LodestoneException.class, () -> read(places)).getMessage();
  }

  @Test
  void findsEveryKindByWhatTheFilesHold() throws IOException {
    var found = read(Results.all(folder));
    assertEquals(List.of("heads/real", "heads/symbolic", "run, step 2"),
        found.heads.stream().map(Findings.Heads::name).toList());
    assertEquals(List.of("compare"), found.comparisons.stream().map(Comparison::name).toList());
    assertEquals(List.of(1, 2), found.knockouts.get(0).levels().stream().map(Knockout.Level::top).toList());
    assertEquals(0.75, found.patches.get(0).closed(0.625));
    assertEquals(List.of("niah", "run, step 2"), found.answers.stream().map(Answers::name).toList());
    assertEquals(List.of(), found.skipped);
    assertEquals(List.of(), found.others);
  }

  @Test
  void aRunMayStillBeGoingOn() throws IOException {
    var run = read(Results.run(folder.resolve("run"))).runs.get(0);
    assertEquals("run", run.name());
    assertEquals(2, run.steps().size()); // of the third, half a line is there
    assertEquals(1.125, run.last().loss());
    assertTrue(Double.isNaN(run.last().gradNorm()));
    assertEquals(List.of(0L, 2L), List.copyOf(run.heads().keySet()));
    assertEquals(0.7, run.answers().get(2L).scores().get("f1").mean());
    assertEquals("lora", run.option("mode"));
    assertEquals(run.steps(), read(folder.resolve("run/metrics.jsonl")).runs.get(0).steps());
    Files.writeString(folder.resolve("run/metrics.jsonl"), "{\"step\": 1, \"lo\n{\"step\": 2, \"loss\": 1}\n");
    assertTrue(refusal(folder.resolve("run/metrics.jsonl")).contains("metrics.jsonl line 1"));
  }

  @Test
  void brokenFilesOfAFolderAreSkippedAndNamed() throws IOException {
    Results.heads(folder.resolve("good.json"), 0.9, 0.4, 0, 0.02);
    Results.write(folder.resolve("cut.json"), "{\"kind\": \"patch\", \"sets\": [");
    Results.write(folder.resolve("half.json"), "{\"kind\": \"knockout\", \"samples\": 3}");
    Results.write(folder.resolve("uneven.json"), "{\"scores\": {\"0-0\": [1], \"0-1\": [1, 2]}}");
    Results.write(folder.resolve("answers.jsonl"), "{\"id\": \"a\", \"prediction\": \"x\", \"em\": 1}\n{}\n");
    Results.write(folder.resolve("run/metrics.jsonl"), "");
    Results.write(folder.resolve("data/samples.jsonl"), "{\"id\": \"a\", \"prompt\": \"p\"}\n");
    Results.write(folder.resolve("model/config.json"), "{}");
    Results.write(folder.resolve("notes.txt"), "{");
    var found = read(folder);
    assertEquals(1, found.heads.size());
    assertEquals(5, found.skipped.size(), found.skipped.toString());
    assertTrue(found.skipped.get(0).startsWith("answers.jsonl line 2: expected an answer with its scores"),
        found.skipped.get(0));
    assertTrue(found.skipped.get(1).matches("cut.json \\(line 1, column \\d+\\): expected JSON: [^\\[]*"),
        found.skipped.get(1));
    assertEquals("half.json: levels: expected an array but found nothing", found.skipped.get(2));
    assertTrue(found.skipped.get(4).startsWith("uneven.json, head 0-1"), found.skipped.get(4));
    assertEquals(List.of("data/samples.jsonl"), found.others);
  }

  @Test
  void filesThatWereNamedAreRefused() throws IOException {
    Path foreign = Results.write(folder.resolve("a.json"), "{\"x\": 1}");
    assertTrue(refusal(foreign).contains("a.json: expected scores of heads"));
    assertTrue(refusal(Results.write(folder.resolve("a.txt"), "x")).contains("a.txt: expected scores of heads"));
    assertTrue(refusal(Results.write(folder.resolve("b.json"), "{")).contains("b.json"));
    assertTrue(refusal(folder.resolve("none")).contains("there is no such file"));
    assertTrue(refusal(Files.createDirectories(folder.resolve("empty"))).contains("expected results below"));
  }

  @Test
  void filesOfTheSameNameAreToldApartByTheirFolders() {
    Path a = Results.heads(folder.resolve("a/heads.json"), 0.9, 0.4, 0, 0.02);
    Path b = Results.heads(folder.resolve("b/heads.json"), 0.9, 0.4, 0, 0.02);
    assertEquals(List.of("a/heads", "b/heads"), read(a, b).heads.stream().map(Findings.Heads::name).toList());
    assertEquals("heads", read(a).heads.get(0).name());
    assertEquals("b/heads", read(folder.resolve("a"), folder.resolve("b")).heads.get(1).name());
  }

  @Test
  void stepsOfAStudyAreCalledByTheirLabels() throws IOException {
    Path step = folder.resolve("steps/heads-1a2b");
    Results.heads(step.resolve("heads.json"), 0.9, 0.4, 0, 0.02);
    Results.heads(step.resolve("mass.json"), 0.9, 0.4, 0, 0.02);
    Results.write(step.resolve("step.json"),
        "{\"kind\": \"heads\", \"labels\": {\"variant\": \"symbolic\", \"task\": \"mdqa\", \"seed\": 1}}");
    Results.write(folder.resolve("steps/compare-3c/compare.json"),
        Results.comparison().replace("v0.json", "/elsewhere/steps/heads-1a2b/heads.json"));
    var found = read(folder);
    assertEquals(List.of("symbolic, mdqa, seed 1", "symbolic, mdqa, seed 1: mass"),
        found.heads.stream().map(Findings.Heads::name).toList());
    assertEquals("symbolic, mdqa, seed 1", found.comparisons.get(0).rows().get(0).name());
    assertEquals("real", found.comparisons.get(0).reference());
  }

  @Test
  void aSummaryGivesWayToItsAnswers() throws IOException {
    String summary = "{\"out\": \"/tmp/%s\", \"samples\": 2, \"em\": 0.5, \"configuration\": {}}";
    Results.write(folder.resolve("a.jsonl"), "{\"id\": \"x\", \"em\": 1}\n{\"id\": \"y\", \"em\": 0}\n");
    Results.write(folder.resolve("summary.json"), summary.formatted("a.jsonl"));
    Results.write(folder.resolve("other.json"), summary.formatted("gone.jsonl"));
    var found = read(folder).answers;
    assertEquals(List.of("a", "other"), found.stream().map(Answers::name).toList());
    assertTrue(found.get(0).scores().get("em").interval().isPresent());
    assertFalse(found.get(1).scores().get("em").interval().isPresent());
    assertEquals(2, found.get(1).samples());
  }
}
