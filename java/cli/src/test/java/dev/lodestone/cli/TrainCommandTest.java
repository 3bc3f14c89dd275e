package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.io.Json;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
  @TempDir Path folder;
  private Path model;
  private Path data;

  @BeforeEach
  void write() throws IOException {
    model = Files.createDirectories(folder.resolve("model"));
    data = folder.resolve("data.jsonl");
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, 32, 0, 0, 0, 0, 0, 0, 0, true);
    var config = new ModelConfig("LlamaForCausalLM", "llama", 1, 16, 2, 1, 8, 16, 20, 32, 1e-5, false, false,
        new int[1], rope);
    var random = new Random(2);
    try (Engine engine = Engine.open(Device.CPU, 1); Model created = Model.create(engine, config)) {
      for (Model.Parameter parameter : created.parameters()) {
        float[] values = new float[(int) parameter.count()];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) random.nextGaussian() * 0.3f;
        }
        created.write(parameter.name(), values);
      }
      created.save(model, Map.of());
    }
    Files.writeString(data, """
        {"id": "a", "tokens": [1, 2, 3, 4, 5, 6, 7, 8]}
        {"id": "b", "tokens": [9, 8, 7, 6, 5, 4]}
        """);
  }

  private Cli train(String... more) {
    var words = new ArrayList<Object>(List.of("train", "--model", model, "--data", data, "--out", folder.resolve("run"),
        "--steps", "3", "--batch-tokens", "16", "--device", "cpu"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  @Test
  void trainsAndSumsUp() throws IOException {
    Cli cli = train();
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().contains("step_00000003: 3 steps, loss "), cli.out());
    assertTrue(cli.err().lines().anyMatch(l -> l.startsWith("memory ")), cli.err());
    assertTrue(cli.err().lines().anyMatch(l -> l.matches("step 1/3 \\| loss .* \\| norm .* \\| lr .* tok/s.*")),
        cli.err());
    assertTrue(Files.exists(folder.resolve("run/step_00000003/DONE")));
  }

  @Test
  void jsonIsOneObjectAndQuietSaysNoMore() throws IOException {
    Cli cli = train("--json", "--quiet");
    assertEquals("", cli.err());
    JsonNode summary = Json.parse(cli.out(), "summary");
    assertEquals(3, summary.get("steps").asInt());
    assertTrue(summary.get("loss").asDouble() > 0);
  }

  @Test
  void theSavedRunRepeatsItself() throws IOException {
    train("--quiet", "--lr", "1e-2", "--betas", "0.8,0.9", "--no-decay-on", "norm", "--weight-decay", "0.1",
        "--no-deterministic");
    assertTrue(Json.readFile(folder.resolve("run/run.json")).at("/configuration/no-deterministic").asBoolean());
    Path again = folder.resolve("again");
    Cli cli = Cli.run("train", "--config", folder.resolve("run/run.json"), "--out", again, "--device", "cpu");
    assertEquals(0, cli.code(), cli.err());
    for (String file : List.of("model.safetensors", "state.bin")) {
      assertEquals(-1, Files.mismatch(folder.resolve("run/step_00000003").resolve(file),
          again.resolve("step_00000003").resolve(file)));
    }
  }

  @Test
  void trainsAdaptersAndRepeatsThem() throws IOException {
    Cli cli = train("--mode", "lora", "--lora-rank", "2", "--lora-targets", "q,down", "--lr", "1e-2");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.err().lines().anyMatch(l -> l.startsWith("mode lora of rank 2 on q,down trains ")), cli.err());
    assertTrue(Files.exists(folder.resolve("run/step_00000003/adapter/adapter_model.safetensors")));
    Path again = folder.resolve("again");
    cli = Cli.run("train", "--config", folder.resolve("run/run.json"), "--out", again, "--device", "cpu");
    assertEquals(0, cli.code(), cli.err());
    assertEquals(-1, Files.mismatch(folder.resolve("run/step_00000003/state.bin"),
        again.resolve("step_00000003/state.bin")));
  }

  @Test
  void trainsTheHeadsOfAScoreFile() throws IOException {
    Path scores = folder.resolve("heads.json");
    Files.writeString(scores, "{\"0-0\": [0.1, 0.2], \"0-1\": [0.5, 0.4]}");
    Cli cli = train("--mode", "heads", "--heads-file", scores.toString(), "--top", "1", "--lr", "1e-2");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.err().lines().anyMatch(l -> l.startsWith("mode 1 head trains ")), cli.err());
    Path again = folder.resolve("again");
    cli = Cli.run("train", "--config", folder.resolve("run/run.json"), "--out", again, "--device", "cpu", "--quiet");
    assertEquals(0, cli.code(), cli.err()); // --train-heads 0-1 stands in run.json
    assertEquals(-1, Files.mismatch(folder.resolve("run/step_00000003/state.bin"),
        again.resolve("step_00000003/state.bin")));
  }

  @Test
  void saysWhatItLooksAtWhileItGoesOn() throws IOException {
    Path heads = Files.writeString(folder.resolve("heads.jsonl"), "{\"id\": \"h\", \"tokens\": [1, 2, 3, 1, 2, 3]}\n");
    Cli cli = train("--heads-data", heads.toString(), "--heads-every", "2", "--detector", "induction", "--rope",
        "linear=2", "--context-length", "64");
    assertEquals(0, cli.code(), cli.err());
    List<String> lines = cli.err().lines().toList();
    assertTrue(lines.contains("RoPE theta 10,000 -> theta 10,000 linear by 2.0, length 32 -> 64"), cli.err());
    assertTrue(lines.stream().anyMatch(l -> l.matches("memory .*, beside it evaluation .*iB")), cli.err());
    assertTrue(lines.stream().anyMatch(l -> l.matches("after step 2: heads/trials 1(\\.0+)? \\| .*")), cli.err());
    assertEquals(4, Files.readAllLines(folder.resolve("run/heads/heads.csv")).size()); // steps 0, 2, 3
    assertTrue(Files.exists(folder.resolve("run/heads/step_00000002.json")));
    cli = Cli.run("train", "--config", folder.resolve("run/run.json"), "--out", folder.resolve("again"), "--device",
        "cpu", "--quiet");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(Files.exists(folder.resolve("again/heads/step_00000003.json")));
  }

  @Test
  void resumesAfterTheEnd() {
    train("--quiet");
    Cli refused = train();
    assertEquals(1, refused.code());
    assertTrue(refused.errorLines().get(0).contains("add --resume"), refused.err());
    Cli resumed = train("--resume", "--quiet");
    assertEquals(0, resumed.code());
    assertTrue(resumed.out().contains("already done"), resumed.out());
  }

  @Test
  void wrongWordsAreExitTwoAndLeaveNothing() {
    assertWrong("--mode expected full, attention, lora or heads but found 'all'", "--mode", "all");
    assertWrong("--lora-rank: expected 1 or more but found 0", "--mode", "lora", "--lora-rank", "0");
    assertWrong("--lora-targets: expected a projection among q, k, v, o, gate, up, down but found 'x'", "--mode",
        "lora", "--lora-targets", "q,x");
    assertWrong("are options of --mode lora but found --mode full", "--lora-rank", "4");
    assertWrong("are options of --mode heads but found --mode lora", "--mode", "lora", "--train-heads", "0-0");
    assertWrong("--mode heads expected --train-heads, or --heads-file with --top", "--mode", "heads");
    assertWrong("--train-heads: Expected a head as layer-head", "--mode", "heads", "--train-heads", "3");
    assertWrong("--top expected 1 or more but found 0", "--mode", "heads", "--heads-file", "x.json", "--top", "0");
    assertWrong("expected theta=1e6, linear=4, ntk=4, yarn=4 or llama3=4 (a number above 1) but found 'theta'",
        "--rope", "theta");
    assertWrong("--eval-every expected --eval-data", "--eval-every", "3");
    assertWrong("--heads-every and --detector expected --heads-data", "--detector", "mass");
    assertWrong("expected one that reads samples but found razor", "--heads-data", "x", "--detector", "razor");
    assertWrong("--eval-every and --heads-every: expected 1 or more", "--eval-data", "x", "--eval-every", "0");
    assertWrong("--betas expected two numbers", "--betas", "0.9");
    assertWrong("--lr: expected a rate above 0 but found -1.0", "--lr", "-1");
    assertWrong("--no-decay-on expected norm, bias or both but found 'head'", "--no-decay-on", "head");
    assertWrong("expected constant, cosine or linear but found 'step'", "--schedule", "step");
    assertWrong("--warmup: expected 0 to the number of steps but found 4", "--warmup", "4");
    assertFalse(Files.exists(folder.resolve("run")));
  }

  private void assertWrong(String sentence, String... words) {
    Cli cli = train(words);
    assertEquals(2, cli.code(), cli.err());
    assertEquals(2, cli.errorLines().size(), cli.err());
    assertTrue(cli.err().contains(sentence), cli.err());
  }

  @Test
  void wrongInputIsExitOneAndLeavesNothing() throws IOException {
    assertFails("'a' has 8 tokens but --context-length is 7", "--context-length", "7");
    Files.writeString(data, "{\"id\": \"a\", \"tokens\": [1, 99]}\n");
    assertFails("line 1");
    assertFalse(Files.exists(folder.resolve("run")));
  }

  private void assertFails(String sentence, String... words) {
    Cli cli = train(words);
    assertEquals(1, cli.code(), cli.err());
    assertEquals(1, cli.errorLines().size(), cli.err());
    assertTrue(cli.err().contains(sentence), cli.err());
  }
}
