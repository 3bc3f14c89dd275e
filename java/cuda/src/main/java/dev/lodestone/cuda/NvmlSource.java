package dev.lodestone.cuda;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.GpuMonitor;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/** The service: a monitor through NVML where there is a driver, otherwise the reason why not. */
public final class NvmlSource implements GpuMonitor.Source {
  @Override
  public GpuMonitor open(String pciBusId) {
    Loader.load(Loader.class); // dlopen is JavaCPP's
    require("no NVIDIA driver", List.of("libcuda.so.1"));
    require("no NVML", List.of("libnvidia-ml.so.1"));
    // The presets' classes for NVML load those for the runtime, which they never call here.
    require("no CUDA runtime", List.of("libcudart.so.13", "/usr/local/cuda/lib64/libcudart.so.13"));
    return new NvmlMonitor(new PresetsNvml(pciBusId));
  }

  /** Opens the first of these libraries that is there, so that later ones find it by its name. */
  private static void require(String missing, List<String> libraries) {
    UnsatisfiedLinkError first = null;
    for (String library : libraries) {
      try {
        Loader.loadGlobal(library);
        return;
      } catch (UnsatisfiedLinkError e) {
        first = first == null ? e : first;
      }
    }
    throw new LodestoneException(missing + ": " + first.getMessage());
  }
}
