package dev.lodestone.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.engine.GpuSample;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The mapping of NVML's units and bits, with numbers in place of NVML. */
class NvmlMonitorTest {
  /** A GPU that tells everything, or nothing. */
  private record Fake(boolean tells, long reasons) implements Nvml {
    private OptionalInt number(int value) {
      return tells ? OptionalInt.of(value) : OptionalInt.empty();
    }

    @Override
    public Optional<String> name() {
      return tells ? Optional.of("Fake 100") : Optional.empty();
    }

    @Override
    public Optional<String> driver() {
      return tells ? Optional.of("580.95.05") : Optional.empty();
    }

    @Override
    public OptionalInt powerMilliwatts() {
      return number(612_345);
    }

    @Override
    public OptionalInt powerLimitMilliwatts() {
      return number(700_000);
    }

    @Override
    public OptionalInt clockMhz(Clock clock) {
      return number(clock == Clock.SM ? 1755 : 2619);
    }

    @Override
    public OptionalInt highestClockMhz(Clock clock) {
      return number(clock == Clock.SM ? 1980 : 3201);
    }

    @Override
    public OptionalInt temperatureCelsius() {
      return number(61);
    }

    @Override
    public Optional<Memory> memory() {
      return tells ? Optional.of(new Memory(3L << 29, 141L << 30)) : Optional.empty();
    }

    @Override
    public OptionalLong clockEventReasons() {
      return tells ? OptionalLong.of(reasons) : OptionalLong.empty();
    }
  }

  private static List<String> throttling(long reasons) {
    return new NvmlMonitor(new Fake(true, reasons)).sample().orElseThrow().throttling();
  }

  @Test
  void milliwattsAreWatts() {
    var expected = new GpuSample(OptionalDouble.of(612.345), OptionalInt.of(1755), OptionalInt.of(2619),
        OptionalInt.of(61), OptionalLong.of(3L << 29), OptionalLong.of(141L << 30), List.of());
    assertEquals(expected, new NvmlMonitor(new Fake(true, 0)).sample().orElseThrow());
  }

  @Test
  void bitsOfNvmlHaveNames() {
    assertEquals(List.of(), throttling(0x1 | 0x2 | 0x100)); // idle, or clocks that somebody set
    assertEquals(List.of("power cap"), throttling(0x4));
    assertEquals(List.of("hardware slowdown", "hardware thermal"), throttling(0x8 | 0x40));
    assertEquals(List.of("sync boost", "software thermal", "power brake"), throttling(0x10 | 0x20 | 0x80));
    assertEquals(List.of(), throttling(0x200)); // of a later NVML
  }

  @Test
  void factsAreForPeople() {
    assertEquals(
        Map.of("name", "Fake 100", "driver", "580.95.05", "power limit", "700 W", "highest clock", "1980 MHz",
            "memory clock", "3201 MHz", "memory", "1.5 of 141.0 GiB used",
            "now", "612 W, 1755 MHz, 61 C, throttled: power cap"),
        new NvmlMonitor(new Fake(true, 4)).facts());
  }

  @Test
  void whatAGpuDoesNotTellIsEmpty() {
    var silent = new NvmlMonitor(new Fake(false, 0));
    assertEquals(new GpuSample(OptionalDouble.empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(),
        OptionalLong.empty(), OptionalLong.empty(), List.of()), silent.sample().orElseThrow());
    assertEquals(Map.of("now", ""), silent.facts());
  }
}
