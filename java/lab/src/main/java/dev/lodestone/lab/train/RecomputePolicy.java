package dev.lodestone.lab.train;

import dev.lodestone.engine.Engine;
import dev.lodestone.engine.MemoryPlan;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Recompute;
import dev.lodestone.model.ModelConfig;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * As little recomputing as fits into memory, layer by layer. Results do not depend on it, so nobody has to choose.
 *
 * @param layers what each layer does not keep; empty: everything is kept
 * @param plan the memory it takes, which may be too much even so
 */
public record RecomputePolicy(List<Recompute> layers, MemoryPlan plan) {
  /** Gives up gate and up of one layer after another until the plan fits, then what else can be computed again. */
  public static RecomputePolicy fitting(Engine engine, ModelConfig model, Mode mode, long tokens,
      boolean deterministic) {
    return fitting(model.layers(),
        layers -> MemoryPlan.ofTraining(engine, model, mode, tokens, layers, deterministic));
  }

  static RecomputePolicy fitting(int count, Function<List<Recompute>, MemoryPlan> planner) {
    var policy = new RecomputePolicy(List.of(), planner.apply(List.of()));
    var less = Recompute.NONE;
    for (var more : List.of(Recompute.MLP, Recompute.SELECTIVE)) {
      for (int changed = 1; changed <= count && !policy.plan.fits(); changed++) {
        List<Recompute> layers = Stream.concat(Collections.nCopies(changed, more).stream(),
            Collections.nCopies(count - changed, less).stream()).toList();
        policy = new RecomputePolicy(layers, planner.apply(layers));
      }
      less = more;
    }
    return policy;
  }

  /** For example {@code recomputes gate and up of 12 of 32 layers}; empty where everything is kept. */
  @Override
  public String toString() {
    long selective = layers.stream().filter(l -> l == Recompute.SELECTIVE).count();
    long mlp = layers.stream().filter(l -> l == Recompute.MLP).count();
    return layers.isEmpty() ? ""
        : "recomputes " + (mlp > 0 ? "gate and up of " + mlp + (selective > 0 ? ", " : " ") : "")
            + (selective > 0 ? "all but attention of " + selective + " " : "") + "of " + layers.size() + " layers";
  }
}
