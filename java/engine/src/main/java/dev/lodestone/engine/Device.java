package dev.lodestone.engine;

import dev.lodestone.LodestoneException;
import java.util.Locale;

/** Where the engine computes. */
public enum Device {
  /** The fastest that this machine and this build have. */
  AUTO,
  /** fp32 on all cores that the process may use. */
  CPU,
  /** bf16 storage, fp32 accumulation. */
  CUDA,
  /** The CUDA sources under the emulator: test builds only. */
  SIMT;

  /** The device named by a command line. */
  public static Device parse(String name) {
    for (var device : values()) {
      if (device.id().equals(name)) {
        return device;
      }
    }
    throw new LodestoneException("expected a device auto, cpu or cuda but found \"" + name + "\"");
  }

  /** What to open when nobody said. */
  public static Device best() {
    return AUTO;
  }

  /** The name on command lines and in the C interface. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
