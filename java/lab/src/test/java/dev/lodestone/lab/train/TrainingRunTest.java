package dev.lodestone.lab.train;

import static dev.lodestone.lab.train.TestRuns.assertSameBytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.io.Json;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingRunTest {
  private static final int STEPS = 10;

  @TempDir Path folder;
  private Engine engine;
  private Path model;
  private Path data;

  @BeforeEach
  void open() throws IOException {
    engine = Engine.open(Device.CPU, 1);
    model = TestModels.write(engine, folder.resolve("model"));
    data = TestModels.writeData(folder.resolve("data.jsonl"), 23, 1);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private TrainConfig.Builder config(String out) {
    return TrainConfig.builder(model, data, folder.resolve(out)).contextLength(20).batchTokens(64).steps(STEPS)
        .learningRate(1e-2).schedule(Schedule.Shape.COSINE, 2).weightDecay(0.1).save(3, 0).seed(4);
  }

  private Checkpoint run(TrainConfig config, boolean resume) throws IOException {
    return TrainingRun.run(engine, config, resume, TrainListener.NONE);
  }

  private void killAfter(TrainConfig config, boolean resume, long step) {
    TestRuns.killAfter(engine, config, resume, step);
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    var lines = new ArrayList<JsonNode>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      lines.add(Json.parse(line, "metrics"));
    }
    return lines;
  }

  @Test
  void aRunFolderHoldsWhatTheNextStageNeeds() throws IOException {
    Checkpoint last = run(config("run").build(), false);
    assertEquals(folder.resolve("run/step_00000010"), last.folder());
    assertEquals(List.of(3L, 6L, 9L, 10L),
        Checkpoint.finished(folder.resolve("run")).stream().map(Checkpoint::step).toList());
    JsonNode run = Json.readFile(folder.resolve("run/run.json"));
    assertEquals("full", run.at("/configuration/mode").asText());
    assertEquals(64, run.at("/data/sha256").asText().length());
    List<JsonNode> metrics = metrics(folder.resolve("run"));
    assertEquals(STEPS, metrics.size());
    for (int i = 0; i < STEPS; i++) {
      assertEquals(i + 1, metrics.get(i).get("step").asInt());
      for (String key : List.of("loss", "grad_norm", "lr", "tokens", "tokens_per_second", "seconds", "peak_bytes")) {
        assertTrue(metrics.get(i).get(key).asDouble() > 0, key);
      }
    }
    assertTrue(metrics.get(STEPS - 1).get("loss").asDouble() < metrics.get(0).get("loss").asDouble());
    try (ModelFolder written = ModelFolder.open(last.folder()); Model loaded = Model.load(engine, written)) {
      assertEquals(64, written.config().maxPositions());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 5, 6, 9, 10})
  void aKilledRunGoesOnToTheBit(long step) throws IOException {
    Checkpoint alone = run(config("alone").build(), false);
    TrainConfig config = config("killed").build();
    killAfter(config, false, step);
    if (step < 8) {
      killAfter(config, true, Math.max(step, 8)); // and killed again
    }
    Checkpoint resumed = run(config, true);
    assertSameBytes(alone.folder(), resumed.folder());
    List<JsonNode> expected = metrics(folder.resolve("alone"));
    List<JsonNode> found = metrics(folder.resolve("killed"));
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      assertEquals(expected.get(i).get("loss"), found.get(i).get("loss"));
    }
  }

  @Test
  void attentionOnlyGoesOnToTheBitAndLeavesTheRestAlone() throws IOException {
    Checkpoint alone = run(config("alone").mode(Mode.ATTENTION).build(), false);
    killAfter(config("killed").mode(Mode.ATTENTION).build(), false, 7);
    assertSameBytes(alone.folder(), run(config("killed").mode(Mode.ATTENTION).build(), true).folder());
    try (Model before = Model.load(engine, model); Model after = Model.load(engine, alone.folder())) {
      for (Model.Parameter parameter : before.parameters()) {
        boolean same = Arrays.equals(before.read(parameter.name()), after.read(parameter.name()));
        assertEquals(!parameter.name().contains("self_attn"), same, parameter.name());
      }
    }
  }

  @Test
  void whatIsUnfinishedIsNotResumedFrom() throws IOException {
    Checkpoint alone = run(config("alone").build(), false);
    TrainConfig config = config("killed").build();
    killAfter(config, false, 8);
    Path run = folder.resolve("killed");
    Files.delete(run.resolve("step_00000006/DONE"));
    Files.write(run.resolve("step_00000006/model.safetensors"), new byte[7]);
    Files.createDirectories(run.resolve(".step_00000009.tmp-123"));
    Files.writeString(run.resolve(".step_00000009.tmp-123/config.json"), "{");
    Files.writeString(run.resolve("metrics.jsonl"), Files.readString(run.resolve("metrics.jsonl")) + "{\"step\": 9, \"lo");
    assertSameBytes(alone.folder(), run(config, true).folder());
    assertFalse(Files.exists(run.resolve(".step_00000009.tmp-123")));
    assertEquals(STEPS, metrics(run).size());
  }

  @Test
  void resumeWithoutAFinishedStepStartsOver() throws IOException {
    Checkpoint alone = run(config("alone").build(), false);
    TrainConfig config = config("killed").build();
    killAfter(config, false, 2);
    assertSameBytes(alone.folder(), run(config, true).folder());
    assertSameBytes(alone.folder(), run(config("never-there").build(), true).folder());
  }

  @Test
  void resumingAFinishedRunChangesNothing() throws IOException {
    TrainConfig config = config("run").build();
    Checkpoint first = run(config, false);
    byte[] bytes = Files.readAllBytes(first.folder().resolve("state.bin"));
    assertEquals(first, run(config, true));
    assertArrayEquals(bytes, Files.readAllBytes(first.folder().resolve("state.bin")));
    assertEquals(STEPS, metrics(folder.resolve("run")).size());
  }

  @Test
  void anotherConfigurationIsRefusedByName() throws IOException {
    run(config("run").build(), false);
    var e = assertThrows(LodestoneException.class,
        () -> run(config("run").learningRate(2e-2).seed(5).build(), true));
    assertTrue(e.getMessage().contains("--lr was 0.01 and is 0.02; --seed was 4 and is 5"), e.getMessage());
    TestModels.writeData(data, 23, 2);
    e = assertThrows(LodestoneException.class, () -> run(config("run").build(), true));
    assertTrue(e.getMessage().contains("the content of --data has changed"), e.getMessage());
  }

  @Test
  void aFolderWithFilesIsRefusedWithoutResume() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(folder.resolve("run/notes.txt"), "mine");
    var e = assertThrows(LodestoneException.class, () -> run(config("run").build(), false));
    assertTrue(e.getMessage().contains("is not empty: add --resume"), e.getMessage());
  }

  @Test
  void accumulationMakesTheSameStepAsOnePass() throws IOException {
    run(config("whole").build(), false);
    run(config("parts").microBatchTokens(24).build(), false);
    List<JsonNode> whole = metrics(folder.resolve("whole"));
    List<JsonNode> parts = metrics(folder.resolve("parts"));
    for (int i = 0; i < STEPS; i++) {
      // fp32 sums in another order, about 1e-7 a step, fed back through ten steps at a high learning rate.
      double expected = whole.get(i).get("loss").asDouble();
      assertEquals(expected, parts.get(i).get("loss").asDouble(), 1e-4 * expected);
      assertEquals(whole.get(i).get("tokens"), parts.get(i).get("tokens"));
    }
  }

  @Test
  void onlyTheLastCheckpointsStay() throws IOException {
    run(config("run").save(2, 2).build(), false);
    assertEquals(List.of(8L, 10L),
        Checkpoint.finished(folder.resolve("run")).stream().map(Checkpoint::step).toList());
  }

  @Test
  void aStopFileEndsTheRunWithACheckpointToGoOnFrom() throws IOException {
    Checkpoint alone = run(config("alone").build(), false);
    Path stop = folder.resolve("stopped/stop");
    Checkpoint stopped = TrainingRun.run(engine, config("stopped").build(), false, new TrainListener() {
      @Override
      public void stepped(StepReport report) {
        if (report.step() == 4) {
          write(stop);
        }
      }
    });
    assertEquals(4, stopped.step());
    assertFalse(Files.exists(stop));
    assertSameBytes(alone.folder(), run(config("stopped").build(), true).folder());
  }

  private static void write(Path file) {
    try {
      Files.createFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aWeightCountsAsThatManySamples() throws IOException {
    String a = "\"tokens\": [3, 9, 12, 40, 7]";
    String b = "\"tokens\": [8, 1, 30]";
    Files.writeString(data, "{\"id\": \"a\", %s, \"weight\": 2}\n{\"id\": \"b\", %s}\n".formatted(a, b));
    run(config("weighted").batchTokens(8).build(), false);
    Files.writeString(data, "{\"id\": \"a\", %s}\n{\"id\": \"a2\", %s}\n{\"id\": \"b\", %s}\n".formatted(a, a, b));
    run(config("twice").contextLength(20).batchTokens(13).build(), false);
    for (int i = 0; i < STEPS; i++) {
      double expected = metrics(folder.resolve("twice")).get(i).get("loss").asDouble();
      // fp32 sums in another order, fed back through ten steps at a high learning rate.
      assertEquals(expected, metrics(folder.resolve("weighted")).get(i).get("loss").asDouble(), 1e-4 * expected);
    }
  }

  @Test
  void aRopeChangeStandsInTheCheckpoint() throws IOException {
    Checkpoint last = run(config("run").rope(RopeChange.parse("theta=5e5")).contextLength(128).batchTokens(128).build(),
        false);
    try (ModelFolder written = ModelFolder.open(last.folder())) {
      assertEquals(5e5, written.config().rope().theta());
      assertEquals(128, written.config().maxPositions());
    }
    killAfter(config("killed").rope(RopeChange.parse("yarn=2")).contextLength(128).batchTokens(128).build(), false, 5);
    Checkpoint alone = run(config("alone").rope(RopeChange.parse("yarn=2")).contextLength(128).batchTokens(128).build(),
        false);
    assertSameBytes(alone.folder(), run(
        config("killed").rope(RopeChange.parse("yarn=2")).contextLength(128).batchTokens(128).build(), true).folder());
  }

  @Test
  void aLossThatIsNoNumberStopsTheRunAndKeepsTheCheckpoints() throws IOException {
    TrainConfig config = config("run").learningRate(1e5).clip(0).weightDecay(1e4).schedule(Schedule.Shape.CONSTANT, 0)
        .save(1, 0).build();
    var e = assertThrows(LodestoneException.class, () -> run(config, false));
    assertTrue(e.getMessage().contains("so training stopped; the last good checkpoint is"), e.getMessage());
    Checkpoint last = Checkpoint.last(folder.resolve("run")).orElseThrow();
    try (Model loaded = Model.load(engine, last.folder())) {
      assertEquals(last.step(), metrics(folder.resolve("run")).size());
    }
  }

  @Test
  void aDivergingLossStopsTheRunAndKeepsTheLastGoodCheckpoint() throws IOException {
    TrainConfig config = config("run").steps(300).learningRate(5).clip(0).schedule(Schedule.Shape.CONSTANT, 300)
        .save(10, 1).build();
    var e = assertThrows(LodestoneException.class, () -> run(config, false));
    assertTrue(e.getMessage().matches("step \\d+: the loss diverges; for 20 steps it has stayed far above its best,.*"
        + " the last good checkpoint is .*step_\\d{8}\\. Try.*"), e.getMessage());
    Path good = Path.of(e.getMessage().replaceAll(".*checkpoint is (.*step_\\d{8}).*", "$1"));
    long step = Long.parseLong(good.getFileName().toString().substring("step_".length()));
    List<JsonNode> losses = metrics(folder.resolve("run"));
    long spoilt = losses.size() - 20; // then 20 steps with a loss of such weights
    assertTrue(step < spoilt && step >= spoilt - 10, step + " of " + losses.size());
    assertTrue(losses.get((int) step).get("loss").asDouble() < 1.5 * losses.get(0).get("loss").asDouble());
    Model.load(engine, good).close();
  }

  @Test
  void whatDoesNotFitIntoMemoryIsRefusedBeforeItIsTaken() throws IOException {
    TrainConfig config = config("run").contextLength(2_000_000_000).batchTokens(2_000_000_000).build();
    var e = assertThrows(LodestoneException.class, () -> run(config, false));
    assertTrue(e.getMessage().matches("training needs .* but .* are free.*--micro-batch-tokens.*"), e.getMessage());
    assertFalse(Files.exists(folder.resolve("run")));
  }
}
