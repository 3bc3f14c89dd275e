package dev.lodestone.lab.train;

import dev.lodestone.engine.Engine;
import dev.lodestone.engine.MemoryPlan;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Projection;
import dev.lodestone.model.ModelConfig;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;

/** What training in a mode takes: the parameters that move, and memory. */
public record ModeCost(Mode mode, MemoryPlan plan) {
  /** The rank 16 on q, k, v and o that {@code train} has without further words. */
  public static final Mode.Lora LORA =
      new Mode.Lora(16, 32, EnumSet.of(Projection.Q, Projection.K, Projection.V, Projection.O), 0);

  /** The mode of a run with its plan, then those of full, attention and lora that it is not (nothing recomputed). */
  static List<ModeCost> of(Engine engine, ModelConfig model, Mode mode, MemoryPlan plan, long tokens,
      boolean deterministic) {
    var costs = new ArrayList<>(List.of(new ModeCost(mode, plan)));
    for (Mode other : List.of(Mode.ALL, Mode.ATTENTION, LORA)) {
      if (!other.id().equals(mode.id()) && (other != LORA || LORA.rank() <= model.hidden())) {
        costs.add(new ModeCost(other, MemoryPlan.ofTraining(engine, model, other, tokens, List.of(), deterministic)));
      }
    }
    return costs;
  }

  /** One line: {@code trains 460,800 parameters in 1.2 GiB (full: 134,515,008 in 2.9 GiB; ...)}. */
  public static String compare(List<ModeCost> costs) {
    var others = costs.stream().skip(1)
        .map(c -> "%s: %,d in %s".formatted(c.mode, c.plan.trained(), MemoryText.of(c.plan.total())))
        .collect(Collectors.joining("; "));
    var chosen = costs.get(0);
    return "%s trains %,d parameters in %s (%s)".formatted(chosen.mode, chosen.plan.trained(),
        MemoryText.of(chosen.plan.total()), others);
  }
}
