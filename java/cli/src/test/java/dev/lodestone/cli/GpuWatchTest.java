package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.GpuMonitor;
import dev.lodestone.engine.GpuSample;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuWatchTest {
  @TempDir Path folder;

  private static GpuSample watts(double watts) {
    return new GpuSample(OptionalDouble.of(watts), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(),
        OptionalLong.empty(), OptionalLong.empty(), List.of());
  }

  /** A GPU whose power rises by a watt from sample to sample. */
  private static final class Rising implements GpuMonitor {
    private final CountDownLatch three = new CountDownLatch(3);
    private final List<GpuSample> said = new ArrayList<>();

    @Override
    public synchronized Optional<GpuSample> sample() {
      said.add(watts(100 + said.size()));
      three.countDown();
      return Optional.of(said.get(said.size() - 1));
    }

    @Override
    public Map<String, String> facts() {
      return Map.of();
    }
  }

  @Test
  void eachTimeIsOfWhatCameSince() throws InterruptedException {
    var gpu = new Rising();
    try (var watch = new GpuWatch(gpu)) {
      assertTrue(gpu.three.await(10, TimeUnit.SECONDS));
      double first = watch.sinceLast().orElseThrow().watts().getAsDouble();
      double second = watch.sinceLast().orElseThrow().watts().getAsDouble();
      assertTrue(second > first, first + ", then " + second);
    }
  }

  @Test
  void noSensorsAreNoSample() {
    try (var watch = new GpuWatch(GpuMonitor.none("of a test"))) {
      assertEquals(Optional.empty(), watch.sinceLast());
    }
  }

  @Test
  void rowsOfABenchmarkHaveThemBeside() throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(file, "{\"op\": \"copy\"}\n{\"op\": \"gemm\"}\n{\"op\": \"rope\"}\n");
    var rows = BenchCommand.rows(file, List.of(Optional.of(watts(612.5)), Optional.empty()));
    assertEquals(Json.parse("{\"power_watts\": 612.5, \"throttling\": []}", "test"), rows.get(0).get("sensors"));
    assertFalse(rows.get(1).has("sensors"));
    assertFalse(rows.get(2).has("sensors"));
  }
}
