package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class StudyCommandTest {
  @TempDir Path folder;
  private Path file;
  private Path out;

  /** 2 made sets, 2 trainings with heads, answers and knockout, 2 detectors to compare, 1 patch: 13 steps. */
  @BeforeEach
  void write() throws IOException {
    TinyModel.write(folder.resolve("model"));
    Files.writeString(folder.resolve("mine.jsonl"), """
        {"id": "a", "prompt": "the cat sat on a mat where is the cat", "answers": ["mat"]}
        {"id": "b", "prompt": "the dog ran far away where is the dog", "answers": ["away"]}
        """);
    file = Files.writeString(folder.resolve("study.yaml"), """
        models: {tiny: %1$s/model}
        reference: mine
        tasks:
          kv:
            evaluation: {pairs: 2, count: 2}
            detection: {data: %1$s/mine.jsonl}
        variants:
          mine: {data: %1$s/mine.jsonl}
          pairs: {pairs: 1}
        generate: {count: 3}
        train: {steps: 4, batch-tokens: 64, lr: 1e-2}
        heads: {detector: [previous, duplicate]}
        eval: {max-new-tokens: 3}
        compare: {top: 1, threshold: 0}
        knockout: {top: 1, controls: 1, max-new-tokens: 3}
        patch: {top: 1, controls: 1, max-new-tokens: 3}
        rank: {share: 0.5}
        """.formatted(folder));
    out = folder.resolve("out");
  }

  private Cli run(Object... more) {
    var words = new ArrayList<Object>(List.of("study", "run", file, "--out", out, "--device", "cpu",
        "--threads", "1"));
    words.addAll(List.of(more));
    return Cli.run(words.toArray());
  }

  private Path step(String kind) throws IOException {
    try (var all = Files.list(out.resolve("steps"))) {
      return all.filter(f -> f.getFileName().toString().startsWith(kind + "-")).sorted().findFirst().orElseThrow();
    }
  }

  @Test
  void runsTheCommandsAndGoesOnWhereItStopped() throws IOException {
    Cli first = run("--json", "--quiet");
    assertEquals(0, first.code(), first.err());
    JsonNode summary = Json.parse(first.out(), "out");
    assertEquals(13, summary.get("steps").asInt());
    assertEquals(13, summary.get("ran").asInt());
    assertTrue(Json.readFile(step("eval").resolve("eval.json")).path("kv_accuracy").isNumber());
    assertTrue(Files.exists(step("heads").resolve("previous.json")));
    assertEquals("pairs", Json.readFile(step("compare").resolve("compare.json")).at("/files/0/name").asText());
    assertEquals(1, Json.readFile(step("knockout").resolve("knockout.json")).at("/levels/0/top").asInt());
    assertEquals("intersection", Json.readFile(step("patch").resolve("patch.json")).at("/sets/0/set").asText());
    assertEquals(-1, Files.mismatch(file, out.resolve("study.yaml")));

    // What a kill leaves: no DONE, half of the files; the training's last checkpoint is there.
    var train = step("train");
    var weights = train.resolve("step_00000004/model.safetensors");
    FileTime written = Files.getLastModifiedTime(weights);
    Files.delete(train.resolve("DONE"));
    Files.delete(step("eval").resolve("DONE"));
    Files.delete(step("eval").resolve("eval.json"));
    Cli second = run();
    assertEquals(0, second.code(), second.err());
    assertTrue(second.out().contains("13 of 13 steps done, 2 of them now"), second.out());
    assertTrue(second.err().contains("] train (model tiny, task kv, seed 0, variant "), second.err());
    assertEquals(written, Files.getLastModifiedTime(weights), "the training went on after its end");

    boolean reports = new CommandLine(new Main()).getSubcommands().containsKey("report");
    assertEquals(reports ? 0 : 1, Cli.run("study", "report", out).code());
    assertEquals(reports, Files.exists(out.resolve("report.html")));
  }

  @Test
  void shardsAndStatus() {
    Cli plan = Cli.run("study", "status", file);
    assertTrue(plan.out().contains("0 of 13 steps done, 13 left, of 13 the time is not known yet"), plan.out());
    Cli part = run("--shard", "2/2", "--quiet");
    assertEquals(0, part.code(), part.err());
    assertTrue(part.out().contains("the rest is for other shards"), part.out());
    Cli status = Cli.run("study", "status", out, "--steps");
    assertTrue(status.out().contains("6 of 13 steps done, 7 left, about "), status.out());
    assertTrue(status.out().contains("left: train (model tiny, task kv, seed 0, variant mine)"), status.out());
    assertEquals(0, run("--shard", "1/2", "--quiet").code());
    assertEquals(0, Json.parse(Cli.run("study", "status", out, "--json").out(), "out").get("left").asInt());
  }

  @Test
  void ranksByShortRuns() throws IOException {
    Cli cli = Cli.run("study", "rank", file, "--out", out, "--device", "cpu", "--threads", "1", "--quiet");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().lines().anyMatch(l -> l.matches("pairs +[0-9.]+ .*")), cli.out());
    assertEquals("pairs", Json.readFile(out.resolve("rank.json")).at("/rankings/0/candidates/0/variant").asText());
    assertTrue(Files.exists(step("train").resolve("step_00000002/DONE")));
  }

  @Test
  void aFailedStepIsExitOneWithItsReason() throws IOException {
    change("detector: [previous, duplicate]", "detector: wu-code");
    Cli cli = run("--quiet");
    assertEquals(1, cli.code());
    assertTrue(cli.out().contains("6 of 12 steps done"), cli.out());
    assertTrue(cli.err().contains("2 steps failed, 6 in all are left; the first was heads ("), cli.err());
  }

  @Test
  void wrongFilesAreOneSentenceWithThePlace() throws IOException {
    assertWrong("train.stpes: train has no such option; did you mean 'steps'?", "steps: 4", "stpes: 4, steps: 4");
    assertWrong("train.lr: Invalid value for option '--lr': 'fast' is not a double", "1e-2", "fast");
    assertWrong("eval.max-new-tokens: Invalid value", "max-new-tokens: 3", "max-new-tokens: [1, 2]");
    assertWrong("variants.pairs.needle: Invalid value", "pairs: {pairs: 1}", "pairs: {needle: gold}");
    assertWrong("surgery: unknown key; expected models,", "rank:", "surgery:");
    assertWrong("line 2: not YAML or JSON: Duplicate field 'models'", "reference", "models: {}\nreference");
    assertFalse(Files.exists(out));
    assertEquals(2, run("--shard", "3/2").code());
  }

  private void assertWrong(String sentence, String what, String with) throws IOException {
    String before = Files.readString(file);
    change(what, with);
    Cli cli = run();
    Files.writeString(file, before);
    assertEquals(1, cli.code(), sentence);
    assertEquals(1, cli.errorLines().size(), cli.err());
    assertTrue(cli.err().contains(sentence), cli.err());
  }

  private void change(String what, String with) throws IOException {
    Files.writeString(file, Files.readString(file).replace(what, with));
  }

  @Test
  void aReportNeedsTheFolderOfAStudy() {
    Cli cli = Cli.run("study", "report", folder.resolve("model"));
    assertEquals(1, cli.code());
    assertTrue(cli.err().contains("expected the folder of a study, with study.yaml in it"), cli.err());
  }

  @Test
  void scoresOfSeveralModelsAreOneTable() throws IOException {
    Path a = Files.writeString(folder.resolve("a.json"), "{\"samples\": 2, \"f1\": 0.5, \"rouge_l\": 1}");
    Path b = Files.writeString(folder.resolve("b.json"), "{\"samples\": 2, \"f1\": 0.25}");
    Path table = folder.resolve("scores.csv");
    assertEquals(0, Cli.run("study", "scores", "--names", "x,y", a, b, "--out", table).code());
    assertEquals("variant,f1\nx,0.5\ny,0.25\n", Files.readString(table));
    assertEquals(2, Cli.run("study", "scores", "--names", "x", a, b, "--out", table).code());
  }
}
