package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.ls_plan_memory;

import dev.lodestone.engine.bind.LsMemoryPlan;
import dev.lodestone.model.ModelConfig;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;

/**
 * Bytes that a use of a model takes, known before any is taken.
 *
 * @param trained parameters that a training step moves; their number, not bytes
 * @param total what the engine takes altogether
 * @param available what this process may still take now
 */
public record MemoryPlan(long trained, long parameters, long gradients, long optimizer, long activations,
    long workspace, long cache, long total, long available) {
  static {
    Native.load();
  }

  /**
   * Plans for the memory of an engine's device, without allocating.
   *
   * @param tokens the longest batch of one pass
   * @param sequences sequences of a decoder, 0 for none
   * @param capacity tokens of each of them
   */
  public static MemoryPlan of(Engine engine, ModelConfig config, Mode mode, long tokens, long sequences,
      long capacity) {
    return of(engine, config, mode, tokens, sequences, capacity, List.of(), true);
  }

  /** Plans for training; see {@link TrainOptions#recompute} and {@link TrainOptions#deterministic}. */
  public static MemoryPlan ofTraining(Engine engine, ModelConfig config, Mode mode, long tokens,
      List<Recompute> recompute, boolean deterministic) {
    return of(engine, config, mode, tokens, 0, 0, recompute, deterministic);
  }

  private static MemoryPlan of(Engine engine, ModelConfig config, Mode mode, long tokens, long sequences,
      long capacity, List<Recompute> recompute, boolean deterministic) {
    try (var scope = new PointerScope()) {
      var plan = new LsMemoryPlan();
      var training = mode == Mode.INFERENCE ? null : NativeTraining.of(mode, recompute, deterministic, config.layers());
      Native.check(ls_plan_memory(engine.pointer(), NativeConfig.of(config), tokens, sequences, capacity, training,
          plan));
      return new MemoryPlan(plan.trained(), plan.parameters(), plan.gradients(), plan.optimizer(), plan.activations(),
          plan.workspace(), plan.cache(), plan.total(), plan.available());
    }
  }

  /** True if it fits into what is available. */
  public boolean fits() {
    return total <= available;
  }
}
