package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lodestone.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs that are killed, and what is left of them. */
final class TestRuns {
  private TestRuns() {}

  /** Stops the run after a step, between its metrics line and its checkpoint, as a kill does. */
  static void killAfter(Engine engine, TrainConfig config, boolean resume, long step) {
    assertThrows(Killed.class, () -> TrainingRun.run(engine, config, resume, new TrainListener() {
      @Override
      public void stepped(StepReport report) {
        if (report.step() == step) {
          throw new Killed();
        }
      }
    }));
  }

  private static final class Killed extends RuntimeException {}

  static void assertSameBytes(Path expected, Path found) throws IOException {
    for (String file : List.of("model.safetensors", "state.bin", "config.json")) {
      assertArrayEquals(Files.readAllBytes(expected.resolve(file)), Files.readAllBytes(found.resolve(file)), file);
    }
  }
}
