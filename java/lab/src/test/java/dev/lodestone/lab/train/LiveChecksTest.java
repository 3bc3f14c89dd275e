package dev.lodestone.lab.train;

import static dev.lodestone.lab.train.TestRuns.assertSameBytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that learns to say three words, looked at while it does. */
class LiveChecksTest {
  private static final int STEPS = 30;

  @TempDir Path folder;
  private Engine engine;
  private Path model;
  private Path data;

  @BeforeEach
  void open() throws IOException {
    engine = Engine.open(Device.CPU, 1);
    model = TestModels.write(engine, folder.resolve("model"));
    TestModels.writeTokenizer(model);
    data = Files.writeString(folder.resolve("data.jsonl"), """
        {"id": "a", "task": "kv", "prompt": "w1 w5 w23 w31 w5 w23", "answers": ["w5 w23 w31"], \
        "spans": [{"name": "answer", "start": 3, "end": 13}]}
        {"id": "b", "task": "kv", "prompt": "w9 w5 w23 w31 w9 w5", "answers": ["w5 w23 w31"], \
        "spans": [{"name": "answer", "start": 3, "end": 13}]}
        """);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private TrainConfig config(String out, Mode mode, CheckPlan checks) {
    return TrainConfig.builder(model, data, folder.resolve(out)).mode(mode).contextLength(20).batchTokens(20)
        .steps(STEPS).learningRate(1e-2).schedule(Schedule.Shape.CONSTANT, 0).save(7, 0).checks(checks).build();
  }

  private CheckPlan plan(Detector detector) {
    return new CheckPlan(data, 10, data, 15, detector);
  }

  static Stream<Mode> modes() {
    return Stream.of(Mode.ALL, Mode.ATTENTION, ModeCost.LORA, new Mode.Heads(List.of(new Head(1, 3), new Head(0, 1))));
  }

  @ParameterizedTest
  @MethodSource("modes")
  void theRunDoesNotNotice(Mode mode) throws IOException {
    Checkpoint alone = TrainingRun.run(engine, config("alone", mode, CheckPlan.NONE), false, TrainListener.NONE);
    var seen = new TreeMap<Long, Map<String, Double>>();
    Checkpoint watched = TrainingRun.run(engine, config("watched", mode, plan(Detector.INDUCTION)), false,
        new TrainListener() {
          @Override
          public void checked(long step, Map<String, Double> found) {
            seen.put(step, found);
          }
        });
    assertSameBytes(alone.folder(), watched.folder());
    assertEquals(List.of(0L, 10L, 15L, 20L, 30L), List.copyOf(seen.keySet()));
    // What is looked at is what is trained, the adapters merged.
    assertEquals(List.of("heads/trials", "heads/passed", "heads/above_0.1", "heads/highest", "heads/mean_of_top_10"),
        List.copyOf(seen.get(15L).keySet()));
    assertTrue(!seen.get(0L).get("heads/highest").equals(seen.get(30L).get("heads/highest")), seen.toString());
    TrainConfig killed = config("killed", mode, plan(Detector.INDUCTION));
    TestRuns.killAfter(engine, killed, false, 17);
    assertSameBytes(alone.folder(), TrainingRun.run(engine, killed, true, TrainListener.NONE).folder());
    for (String file : List.of("eval/eval.csv", "heads/heads.csv", "heads/step_00000015.json",
        "eval/step_00000020.jsonl")) {
      assertEquals(-1, Files.mismatch(folder.resolve("watched").resolve(file), folder.resolve("killed").resolve(file)),
          file);
    }
    try (var files = Files.list(folder.resolve("watched"))) {
      assertFalse(files.anyMatch(f -> f.getFileName().toString().startsWith(".")));
    }
  }

  @Test
  void answersAndHeadsEmerge() throws IOException {
    TrainingRun.run(engine, config("run", Mode.ALL, plan(Detector.WU_PAPER)), false, TrainListener.NONE);
    List<String> curve = Files.readAllLines(folder.resolve("run/eval/eval.csv"));
    assertEquals(5, curve.size());
    assertTrue(curve.get(0).startsWith("step,"), curve.get(0));
    assertTrue(curve.get(1).matches("0,0.0.*"), curve.get(1));
    assertTrue(curve.get(4).matches("30,1.0.*"), curve.get(4));
    String line = Files.readAllLines(folder.resolve("run/eval/step_00000030.jsonl")).get(0);
    assertEquals("w5 w23 w31 w7", Json.parse(line, "line").get("prediction").asText()); // w7 is the end
    assertEquals(2, Json.readFile(folder.resolve("run/eval/step_00000030.json")).get("samples").asInt());
    List<String> heads = Files.readAllLines(folder.resolve("run/heads/heads.csv"));
    assertTrue(heads.get(1).startsWith("0,2.0,"), heads.get(1));
    assertTrue(heads.get(3).startsWith("30,2.0,2.0,"), heads.get(3));
    var scores = ScoreFile.read(folder.resolve("run/heads/step_00000030.json"));
    assertEquals(2, scores.trials());
    assertEquals("30", scores.meta().get("step").toString());
  }

  @Test
  void samplesThatDoNotServeAreRefusedBeforeTheFirstStep() throws IOException {
    Path tokens = Files.writeString(folder.resolve("tokens.jsonl"), "{\"tokens\": [1, 2, 3]}\n");
    refused("expected text samples", new CheckPlan(tokens, 10, null, 10, Detector.WU_CODE));
    refused("answer", new CheckPlan(null, 10, tokens, 10, Detector.WU_CODE));
  }

  private void refused(String sentence, CheckPlan plan) {
    var e = assertThrows(LodestoneException.class,
        () -> TrainingRun.run(engine, config("run", Mode.ALL, plan), false, TrainListener.NONE));
    assertTrue(e.getMessage().contains(sentence), e.getMessage());
    assertFalse(Files.exists(folder.resolve("run")));
  }
}
