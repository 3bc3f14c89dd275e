package dev.lodestone.cuda;

import dev.lodestone.cuda.Nvml.Clock;
import dev.lodestone.cuda.Nvml.Memory;
import dev.lodestone.engine.GpuMonitor;
import dev.lodestone.engine.GpuSample;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** NVML's words and units as those of {@link GpuSample}. */
final class NvmlMonitor implements GpuMonitor {
  /**
   * Why clocks are lower than they could be, as documented in nvml.h. Left out: 0x1, the GPU is idle, and 0x2 and
   * 0x100, clocks that somebody has set.
   */
  private enum Reason {
    POWER_CAP(0x4, "power cap"),
    SLOWDOWN(0x8, "hardware slowdown"),
    SYNC_BOOST(0x10, "sync boost"),
    SOFTWARE_THERMAL(0x20, "software thermal"),
    HARDWARE_THERMAL(0x40, "hardware thermal"),
    POWER_BRAKE(0x80, "power brake");

    private final long bit;
    private final String words;

    Reason(long bit, String words) {
      this.bit = bit;
      this.words = words;
    }
  }

  private final Nvml nvml;

  NvmlMonitor(Nvml nvml) {
    this.nvml = nvml;
  }

  @Override
  public Optional<GpuSample> sample() {
    Optional<Memory> memory = nvml.memory();
    return Optional.of(new GpuSample(watts(nvml.powerMilliwatts()), nvml.clockMhz(Clock.SM),
        nvml.clockMhz(Clock.MEMORY), nvml.temperatureCelsius(),
        memory.map(m -> OptionalLong.of(m.used())).orElse(OptionalLong.empty()),
        memory.map(m -> OptionalLong.of(m.total())).orElse(OptionalLong.empty()),
        reasons(nvml.clockEventReasons().orElse(0))));
  }

  @Override
  public Map<String, String> facts() {
    var facts = new LinkedHashMap<String, String>();
    nvml.name().ifPresent(name -> facts.put("name", name));
    nvml.driver().ifPresent(driver -> facts.put("driver", driver));
    watts(nvml.powerLimitMilliwatts()).ifPresent(watts -> facts.put("power limit", "%.0f W".formatted(watts)));
    nvml.highestClockMhz(Clock.SM).ifPresent(mhz -> facts.put("highest clock", mhz + " MHz"));
    nvml.highestClockMhz(Clock.MEMORY).ifPresent(mhz -> facts.put("memory clock", mhz + " MHz"));
    nvml.memory().ifPresent(memory -> facts.put("memory", "%.1f of %.1f GiB used".formatted(gib(memory.used()),
        gib(memory.total()))));
    facts.put("now", sample().orElseThrow().toString());
    return facts;
  }

  private static List<String> reasons(long bits) {
    return Arrays.stream(Reason.values()).filter(r -> (bits & r.bit) != 0).map(r -> r.words).toList();
  }

  private static OptionalDouble watts(OptionalInt milliwatts) {
    return milliwatts.isPresent() ? OptionalDouble.of(milliwatts.getAsInt() / 1e3) : OptionalDouble.empty();
  }

  private static double gib(long bytes) {
    return bytes / (double) (1L << 30);
  }
}
