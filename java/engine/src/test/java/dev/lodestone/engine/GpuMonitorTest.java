package dev.lodestone.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.io.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class GpuMonitorTest {
  private static GpuSample sample(double watts, int mhz, int celsius, String... throttling) {
    return new GpuSample(OptionalDouble.of(watts), OptionalInt.of(mhz), OptionalInt.empty(), OptionalInt.of(celsius),
        OptionalLong.of(1L << 30), OptionalLong.of(1L << 37), List.of(throttling));
  }

  @Test
  void withoutTheArtefactThereIsNoneAndTheReason() {
    var monitor = GpuMonitor.of("NVIDIA H200, PCI 0000:3b:00.0");
    assertEquals(Optional.empty(), monitor.sample());
    assertEquals(Map.of("monitor", "none: lodestone-cuda is not on the class path"), monitor.facts());
  }

  @Test
  void aCpuHasNone() {
    try (var engine = Engine.open(Device.CPU, 1)) {
      assertEquals(Map.of("monitor", "none: device cpu has no sensors"), GpuMonitor.of(engine).facts());
    }
  }

  @Test
  void someTimeIsOneSample() {
    var over = GpuSample.over(List.of(sample(600, 1755, 60), sample(500, 1980, 62, "power cap"),
        sample(700, 1980, 61, "power cap", "hardware thermal")));
    assertEquals(sample(600, 1755, 62, "power cap", "hardware thermal"), over);
  }

  @Test
  void whatIsUnknownIsLeftOut() {
    assertEquals(Json.parse("""
        {"power_watts": 612.5, "sm_mhz": 1755, "temperature_celsius": 61, "memory_used_bytes": 1073741824,
         "memory_total_bytes": 137438953472, "throttling": ["power cap"]}""", "test"),
        Json.parse(sample(612.5, 1755, 61, "power cap").json().toString(), "test"));
    assertEquals("613 W, 1755 MHz, 61 C, throttled: power cap", sample(612.6, 1755, 61, "power cap").toString());
    var unknown = new GpuSample(OptionalDouble.empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(),
        OptionalLong.empty(), OptionalLong.empty(), List.of());
    assertEquals("{\"throttling\":[]}", unknown.json().toString());
    assertEquals("", unknown.toString());
    assertEquals(unknown, GpuSample.over(List.of()));
  }
}
