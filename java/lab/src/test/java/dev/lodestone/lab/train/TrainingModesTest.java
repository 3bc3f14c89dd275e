package dev.lodestone.lab.train;

import static dev.lodestone.lab.train.TestRuns.assertSameBytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Projection;
import dev.lodestone.heads.Head;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs in the modes lora and heads. */
class TrainingModesTest {
  private static final Mode LORA = new Mode.Lora(4, 8, EnumSet.of(Projection.Q, Projection.O, Projection.UP), 3);
  private static final Mode HEADS = new Mode.Heads(List.of(new Head(1, 3), new Head(0, 1)));

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

  static Stream<Mode> modes() {
    return Stream.of(LORA, HEADS);
  }

  /** Ten steps of several passes each. */
  private TrainConfig config(String out, Mode mode) {
    return TrainConfig.builder(model, data, folder.resolve(out)).mode(mode).contextLength(20).batchTokens(64)
        .microBatchTokens(24).steps(10).learningRate(1e-2).schedule(Schedule.Shape.COSINE, 2).weightDecay(0.1)
        .save(3, 0).seed(4).build();
  }

  private Checkpoint run(TrainConfig config, boolean resume) throws IOException {
    return TrainingRun.run(engine, config, resume, TrainListener.NONE);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void aKilledRunGoesOnToTheBit(Mode mode) throws IOException {
    Checkpoint alone = run(config("alone", mode), false);
    for (long step : new long[] {2, 3, 7, 10}) {
      TrainConfig config = config("killed" + step, mode);
      TestRuns.killAfter(engine, config, false, step);
      if (step < 9) {
        TestRuns.killAfter(engine, config, true, 9); // and again
      }
      Checkpoint resumed = run(config, true);
      assertSameBytes(alone.folder(), resumed.folder());
      if (mode == LORA) {
        assertEquals(-1, Files.mismatch(alone.folder().resolve("adapter/adapter_model.safetensors"),
            resumed.folder().resolve("adapter/adapter_model.safetensors")));
      }
    }
  }

  @Test
  void otherHeadsKeepTheirWeights() throws IOException {
    Checkpoint last = run(config("run", HEADS), false);
    assertFalse(Files.exists(last.folder().resolve("adapter")));
    try (Model before = Model.load(engine, model); Model after = Model.load(engine, last.folder())) {
      var moved = new ArrayList<String>();
      for (Model.Parameter parameter : before.parameters()) {
        float[] old = before.read(parameter.name());
        float[] now = after.read(parameter.name());
        if (parameter.name().endsWith("1.self_attn.q_proj.weight")) { // 8 rows a head, of 16 columns
          assertArrayEquals(Arrays.copyOf(old, 3 * 8 * 16), Arrays.copyOf(now, 3 * 8 * 16));
        }
        if (!Arrays.equals(old, now)) {
          moved.add(parameter.name().replaceAll("model.layers.(.).self_attn.(.)_proj.weight", "$1$2"));
        }
      }
      assertEquals(List.of("0q", "0k", "0v", "0o", "1q", "1k", "1v", "1o"), moved);
    }
  }

  @Test
  void aCheckpointOfLoraIsAWholeModelAndAnAdapter() throws IOException {
    Checkpoint last = run(config("run", LORA), false);
    try (Model before = Model.load(engine, model); Model after = Model.load(engine, last.folder())) {
      for (Model.Parameter parameter : before.parameters()) {
        boolean same = Arrays.equals(before.read(parameter.name()), after.read(parameter.name()));
        assertEquals(!parameter.name().matches(".*\\.(q|o|up)_proj.weight"), same, parameter.name());
      }
    }
    var adapter = Json.readFile(last.folder().resolve("adapter/adapter_config.json"));
    assertEquals(4, adapter.get("r").asInt());
    assertEquals("[\"q_proj\",\"o_proj\",\"up_proj\"]", adapter.get("target_modules").toString());
    var configuration = Json.readFile(folder.resolve("run/run.json")).get("configuration");
    assertEquals("[\"q\",\"o\",\"up\"]", configuration.get("lora-targets").toString());
  }

  @Test
  void theCostStandsBesideThatOfOtherModes() throws IOException {
    var found = new ArrayList<ModeCost>();
    TrainingRun.run(engine, config("run", LORA), false, new TrainListener() {
      @Override
      public void started(RunPlan plan) {
        found.addAll(plan.costs());
      }
    });
    assertEquals(List.of("lora", "full", "attention"), found.stream().map(c -> c.mode().id()).toList());
    // q (16 -> 32), o (32 -> 16), up (16 -> 24) of rank 4, in two layers.
    assertEquals(2 * 4 * (16 + 32 + 32 + 16 + 16 + 24), found.get(0).plan().trained());
    assertTrue(found.get(0).plan().optimizer() < found.get(2).plan().optimizer());
    String line = ModeCost.compare(found);
    assertTrue(line.matches("lora of rank 4 on q,o,up trains 1,088 parameters in .*iB \\(full: [\\d,]+ in .*;"
        + " attention: .*\\)"), line);
  }

  @Test
  void headsThatTheModelLacksAreRefused() {
    var mode = new Mode.Heads(List.of(new Head(1, 4)));
    var e = assertThrows(LodestoneException.class, () -> run(config("run", mode), false));
    assertTrue(e.getMessage().contains("found 1-4"), e.getMessage());
    assertFalse(Files.exists(folder.resolve("run")));
  }
}
