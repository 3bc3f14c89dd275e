package dev.lodestone.engine;

import java.util.List;
import org.bytedeco.javacpp.IntPointer;

/**
 * What a training step does not keep of a layer for its backward pass and computes again there: less memory, more work,
 * the same bits.
 */
public enum Recompute {
  /** Everything is kept. */
  NONE,
  /** The gate and up projections, which are most of the memory, for about a sixth more products. */
  MLP,
  /** All but the layer's input, the heads' outputs and their log-sum-exps, so attention itself is not computed again. */
  SELECTIVE;

  /** As the C interface takes it: one number a layer, or null for nothing to recompute. */
  static IntPointer pointer(List<Recompute> layers, int count) {
    if (layers.isEmpty()) {
      return null;
    }
    if (layers.size() != count) {
      throw new EngineException(EngineException.INVALID,
          "recompute: expected one level for each of " + count + " layers but found " + layers.size());
    }
    return new IntPointer(layers.stream().mapToInt(Enum::ordinal).toArray());
  }
}
