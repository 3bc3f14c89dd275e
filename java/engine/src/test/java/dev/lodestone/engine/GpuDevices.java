package dev.lodestone.engine;

import static org.junit.jupiter.api.Assumptions.abort;

import java.util.List;

/** The devices that the tests of this package run on. */
final class GpuDevices {
  private GpuDevices() {}

  /** The CPU, a GPU, and the emulated one of test builds. */
  static List<Device> all() {
    return List.of(Device.CPU, Device.CUDA, Device.SIMT);
  }

  /** Opens a device, or skips the test with the reason why it is not there. */
  static Engine openOrSkip(Device device) {
    try {
      return Engine.open(device);
    } catch (EngineException e) {
      if (device == Device.CPU || e.status() != EngineException.UNSUPPORTED) {
        throw e;
      }
      String reason = device + " is not tested: " + e.getMessage();
      System.out.println(reason); // surefire does not show it where a whole class is skipped
      return abort(reason);
    }
  }
}
