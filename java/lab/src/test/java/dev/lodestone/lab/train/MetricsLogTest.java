package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lodestone.engine.GpuSample;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {
  private static final GpuSample SAMPLE = new GpuSample(OptionalDouble.of(612.5), OptionalInt.of(1755),
      OptionalInt.empty(), OptionalInt.of(61), OptionalLong.empty(), OptionalLong.empty(), List.of("power cap"));

  @TempDir Path folder;

  private static StepReport step(long step, Optional<GpuSample> sensors) {
    return new StepReport(step, 4, 1.5, Double.NaN, 0.8, Double.NaN, 1e-4, 8192, 0.5, OptionalDouble.empty(), 0,
        sensors);
  }

  @Test
  void sensorsStandBesideTheStep() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    try (var log = MetricsLog.open(file, 0)) {
      log.write(step(1, Optional.empty()));
      log.write(step(2, Optional.of(SAMPLE)));
    }
    List<String> lines = Files.readAllLines(file);
    assertFalse(Json.parse(lines.get(0), "line").has("sensors"));
    var sensors = Json.parse(lines.get(1), "line").get("sensors");
    assertEquals(612.5, sensors.get("power_watts").asDouble());
    assertEquals("power cap", sensors.get("throttling").get(0).asText());
  }

  @Test
  void goesOnAfterAStepAndTellsOfThoseBefore() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    try (var log = MetricsLog.open(file, 0)) {
      log.write(step(1, Optional.empty()));
      log.write(step(2, Optional.empty()));
    }
    Files.writeString(file, Files.readString(file) + "{\"step\": 3, \"lo");
    try (var log = MetricsLog.open(file, 1)) {
      assertEquals(List.of(new MetricsLog.Past(1.5, 0.8)), log.past());
    }
    assertEquals(1, Files.readAllLines(file).size());
  }

  @Test
  void theLogLineHasAllThatIsKnown() {
    var report = new StepReport(120, 400, 1.83, 0.1, 0.83, -0.44, 2e-5, 32_768, 0.8121, OptionalDouble.of(0.412),
        3L << 29, Optional.empty());
    assertEquals("step 120/400 | loss 1.8300 (+0.1z) | norm 0.83 (-0.4z) | lr 2.0e-05 | 812 ms | 41 % MFU"
        + " | 40,350 tok/s | peak 1.5 GiB", report.toString());
  }

  @Test
  void theLogLineEndsWithThem() {
    String plain = "step 2/4 | loss 1.5000 | norm 0.80 | lr 1.0e-04 | 500 ms | 16,384 tok/s";
    assertEquals(plain, step(2, Optional.empty()).toString());
    assertEquals(plain + " | 613 W, 1755 MHz, 61 C, throttled: power cap", step(2, Optional.of(SAMPLE)).toString());
  }
}
