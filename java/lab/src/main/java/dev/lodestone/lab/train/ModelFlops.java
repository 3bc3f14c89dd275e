package dev.lodestone.lab.train;

import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.io.Json;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.ParameterShape;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Floating-point operations that a step needs, and their share of what the device promises (MFU, Chowdhery et al.
 * 2022, appendix B). For each token and matrix parameter 2 forward, 2 for the gradient of its input and 2 for its own
 * gradient where it is trained; attention has 4 · d for each query head and each key that a token may see, and twice
 * that backward. Recomputing does not count. Other than in that paper, what causal masks and frozen weights save is
 * left out.
 *
 * @param perToken of the matrices
 * @param perPair of attention: for each token and a key that it sees
 * @param peak the device's operations a second in bf16 by its data sheet; empty where that is not known
 */
record ModelFlops(double perToken, double perPair, OptionalDouble peak) {
  /** Dense bf16 tensor cores, NVIDIA's data sheets; the first name that the GPU's contains counts. */
  private static final List<Map.Entry<String, Double>> PEAKS = List.of(Map.entry("H100 PCIe", 756e12),
      Map.entry("H100 NVL", 835e12), Map.entry("H100", 989e12), Map.entry("H200", 989e12), Map.entry("A100", 312e12));

  /** @param trained parameters that move */
  static ModelFlops of(Engine engine, ModelConfig model, long trained) {
    double matrices = model.parameters().stream().filter(p -> p.rank() == 2 && !isLookup(p, model))
        .mapToDouble(ParameterShape::count).sum();
    double attention = 3.0 * 4 * model.headDim() * model.heads() * model.layers();
    return new ModelFlops(4 * matrices + 2 * Math.min(matrices, trained), attention, peak(engine));
  }

  /** An embedding that is no output matrix costs nothing. */
  private static boolean isLookup(ParameterShape parameter, ModelConfig model) {
    return parameter.name().equals("model.embed_tokens.weight") && !model.tiedEmbeddings();
  }

  private static OptionalDouble peak(Engine engine) {
    if (engine.running() != Device.CUDA) { // a CPU has no such number
      return OptionalDouble.empty();
    }
    String gpu = Json.parse(engine.describe(), "the description of the engine").path("gpu").asText();
    return PEAKS.stream().filter(e -> gpu.contains(e.getKey())).mapToDouble(Map.Entry::getValue).findFirst();
  }

  /** Of all batches of a step; a sliding window is not taken into account. */
  double of(List<Batch> batches) {
    double flops = 0;
    for (Batch batch : batches) {
      flops += perToken * batch.length();
      for (int d = 0; d + 1 < batch.starts().length; d++) {
        double length = batch.starts()[d + 1] - batch.starts()[d];
        flops += perPair * length * (length + 1) / 2;
      }
    }
    return flops;
  }

  /** The share of the peak that a step of so many seconds reached, from 0 to 1. */
  OptionalDouble utilization(List<Batch> batches, double seconds) {
    return peak.isPresent() ? OptionalDouble.of(of(batches) / seconds / peak.getAsDouble()) : OptionalDouble.empty();
  }
}
