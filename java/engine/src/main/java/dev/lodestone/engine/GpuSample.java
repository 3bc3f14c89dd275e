package dev.lodestone.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the sensors of a GPU say, at one moment or over some time. What this GPU does not tell is empty.
 *
 * @param watts power that the board draws
 * @param smMhz clock of its multiprocessors
 * @param memoryMhz clock of its memory
 * @param celsius temperature of the chip
 * @param memoryUsed bytes, of all processes
 * @param memoryTotal bytes
 * @param throttling what holds the clocks down, for example {@code power cap}
 */
public record GpuSample(OptionalDouble watts, OptionalInt smMhz, OptionalInt memoryMhz, OptionalInt celsius,
    OptionalLong memoryUsed, OptionalLong memoryTotal, List<String> throttling) {
  public GpuSample {
    throttling = List.copyOf(throttling);
  }

  /** Some time as one sample: the mean power, the lowest clocks, the highest of the rest, all that throttled. */
  public static GpuSample over(List<GpuSample> samples) {
    return new GpuSample(
        samples.stream().flatMapToDouble(s -> s.watts.stream()).average(),
        samples.stream().flatMapToInt(s -> s.smMhz.stream()).min(),
        samples.stream().flatMapToInt(s -> s.memoryMhz.stream()).min(),
        samples.stream().flatMapToInt(s -> s.celsius.stream()).max(),
        samples.stream().flatMapToLong(s -> s.memoryUsed.stream()).max(),
        samples.stream().flatMapToLong(s -> s.memoryTotal.stream()).max(),
        samples.stream().flatMap(s -> s.throttling.stream()).distinct().toList());
  }

  /** Members {@code power_watts}, {@code sm_mhz} ..., those that are known, and {@code throttling}. */
  public ObjectNode json() {
    ObjectNode json = Json.mapper().createObjectNode();
    watts.ifPresent(x -> json.put("power_watts", x));
    smMhz.ifPresent(x -> json.put("sm_mhz", x));
    memoryMhz.ifPresent(x -> json.put("memory_mhz", x));
    celsius.ifPresent(x -> json.put("temperature_celsius", x));
    memoryUsed.ifPresent(x -> json.put("memory_used_bytes", x));
    memoryTotal.ifPresent(x -> json.put("memory_total_bytes", x));
    var reasons = json.putArray("throttling");
    throttling.forEach(reasons::add);
    return json;
  }

  /** For example {@code 612 W, 1755 MHz, 61 C, throttled: power cap}. */
  @Override
  public String toString() {
    var parts = new ArrayList<String>();
    watts.ifPresent(x -> parts.add("%.0f W".formatted(x)));
    smMhz.ifPresent(x -> parts.add(x + " MHz"));
    celsius.ifPresent(x -> parts.add(x + " C"));
    if (!throttling.isEmpty()) {
      parts.add("throttled: " + String.join(" + ", throttling));
    }
    return String.join(", ", parts);
  }
}
