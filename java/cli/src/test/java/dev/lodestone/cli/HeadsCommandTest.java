package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadsCommandTest {
  @TempDir Path folder;
  private Path model;
  private Path data;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
    data = Files.writeString(folder.resolve("t.jsonl"), """
        {"id": "a", "prompt": "the cat sat on a mat where is it", "answers": ["a mat"], \
        "spans": [{"name": "answer", "start": 15, "end": 20}]}
        {"id": "b", "prompt": "the red dog ran far away where is it", "answers": ["far away"], \
        "spans": [{"name": "needle", "start": 16, "end": 24}]}
        """);
  }

  private Cli heads(Object... more) {
    var words = new ArrayList<Object>(List.of("heads", "--model", model, "--data", data, "--device", "cpu"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  @Test
  void writesAScoreFileForEachDetector() {
    Cli run = heads("--detector", "wu-code,mass", "--threshold", "-1", "--out", folder.resolve("heads.{}.json"));
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("2 trials in "), run.out());
    var scores = ScoreFile.read(folder.resolve("heads.wu-code.json"));
    assertEquals(2, scores.trials());
    assertEquals(2, scores.heads());
    assertEquals("wu-code", scores.meta().get("detector"));
    for (String key : List.of("model", "variant", "data_sha256", "trials", "passed", "threshold", "seed", "rope",
        "versions")) {
      assertTrue(scores.meta().containsKey(key), key);
    }
    assertTrue(Files.exists(folder.resolve("heads.mass.json")));
  }

  @Test
  void wuFormatIsTheScoresAlone() {
    Path out = folder.resolve("heads.json");
    assertEquals(0, heads("--threshold", "-1", "--format", "wu", "--out", out).code());
    var root = Json.readFile(out);
    assertEquals(2, root.size());
    assertEquals(2, root.get("0-1").size());
  }

  @Test
  void razorNeedsNoDataAndTakesTheHighestOfAGroup() {
    Path out = folder.resolve("razor.json");
    Cli run = Cli.run("heads", "--model", model, "--detector", "razor", "--repeat-length", "9", "--device", "cpu",
        "--out", out);
    assertEquals(0, run.code(), run.err());
    var scores = ScoreFile.read(out);
    assertEquals(1, scores.heads());
    assertTrue(scores.meta().get("heads").toString().startsWith("key-value, max"), scores.meta().toString());
    Cli tooLong = Cli.run("heads", "--model", model, "--detector", "razor", "--device", "cpu", "--out", out);
    assertEquals(1, tooLong.code());
    assertTrue(tooLong.err().contains("at most 64"), tooLong.err());
  }

  @Test
  void whatCopiedAtEachStepStandsBesideTheScores() {
    Path out = folder.resolve("steps.json");
    assertEquals(0, heads("--detector", "per-step", "--threshold", "-1", "--out", out).code());
    var steps = Json.readFile(out).path("meta").path("steps");
    assertEquals(2, steps.size());
    assertTrue(steps.get(0).get(0).has("token") && steps.get(0).get(0).get("heads").isArray(), steps.toString());
  }

  @Test
  void whenNoTrialPassesDetectorsThatNeedNoAnswersAreWritten() {
    Cli run = heads("--detector", "wu-code,previous", "--max-new-tokens", "1", "--threshold", "0.99", "--out",
        folder.resolve("{}.json"));
    assertEquals(1, run.code());
    assertTrue(run.err().contains("only [previous] scored heads, without answers"), run.err());
    assertTrue(Files.exists(folder.resolve("previous.json")));
    assertFalse(Files.exists(folder.resolve("wu-code.json")));
  }

  @Test
  void whenNoTrialPassesItSaysWhyAndWritesNothing() {
    Path out = folder.resolve("heads.json");
    Cli run = heads("--max-new-tokens", "1", "--threshold", "0.99", "--out", out);
    assertEquals(1, run.code());
    assertTrue(run.err().contains("none of the 2 trials") && run.err().contains("The first, a, said"), run.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void wrongWordsAreExitTwo() {
    Path out = folder.resolve("heads.json");
    assertEquals(2, heads("--detector", "magic", "--out", out).code());
    assertEquals(2, heads("--detector", "wu-code,mass", "--out", out).code());
    assertEquals(2, heads("--format", "xml", "--out", out).code());
    assertEquals(2, heads("--per-group", "sum", "--out", out).code());
    assertEquals(2, Cli.run("heads", "--model", model, "--out", out).code());
    assertEquals(2, heads("--max-new-tokens", "0", "--out", out).code());
    assertFalse(Files.exists(out));
  }

  @Test
  void samplesWithoutASpanAreRefused() throws IOException {
    Files.writeString(data, "{\"id\": \"x\", \"prompt\": \"the cat\", \"answers\": [\"cat\"]}\n");
    Cli run = heads("--out", folder.resolve("heads.json"));
    assertEquals(1, run.code());
    assertTrue(run.err().contains("x") && run.err().contains("answer or needle"), run.err());
  }
}
