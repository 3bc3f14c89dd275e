package dev.lodestone.engine;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.regex.Pattern;

/**
 * The sensors of a GPU: power, clocks, temperature, memory. Who reads them is an artefact of its own
 * ({@code lodestone-cuda}), found on the class path; without it, or without a driver, there is a monitor that samples
 * nothing and says why.
 */
public interface GpuMonitor {
  /** What the sensors say now; empty if there are none. The driver is asked, each time. */
  Optional<GpuSample> sample();

  /** What this GPU and its driver are, by name, for people; of no monitor the reason, under {@code monitor}. */
  Map<String, String> facts();

  /** Makes monitors; a service of {@link ServiceLoader}. */
  interface Source {
    /**
     * The monitor of one GPU.
     *
     * @param pciBusId for example {@code 0000:3b:00.0}; empty for the first GPU of the machine
     * @throws LodestoneException why there is none
     */
    GpuMonitor open(String pciBusId);
  }

  /** The monitor of the GPU that an engine runs on. Never fails. */
  static GpuMonitor of(Engine engine) {
    if (engine.running() != Device.CUDA) {
      return none("device " + engine.running().id() + " has no sensors");
    }
    return of(Json.parse(engine.describe(), "the description of the engine").get("gpu").asText());
  }

  /**
   * The monitor of a GPU. Never fails.
   *
   * @param description in the engine's words, which end with {@code PCI 0000:3b:00.0}; without that, the first GPU
   */
  static GpuMonitor of(String description) {
    var place = Pattern.compile("PCI ([0-9a-f:.]+)").matcher(description);
    try {
      return ServiceLoader.load(Source.class).findFirst()
          .map(source -> source.open(place.find() ? place.group(1) : ""))
          .orElseGet(() -> none("lodestone-cuda is not on the class path"));
    } catch (LodestoneException | ServiceConfigurationError | LinkageError e) {
      return none(e.getMessage());
    }
  }

  /** A monitor that samples nothing. */
  static GpuMonitor none(String reason) {
    return new GpuMonitor() {
      @Override
      public Optional<GpuSample> sample() {
        return Optional.empty();
      }

      @Override
      public Map<String, String> facts() {
        return Map.of("monitor", "none: " + reason);
      }
    };
  }
}
