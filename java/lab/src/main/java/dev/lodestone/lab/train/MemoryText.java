package dev.lodestone.lab.train;

import dev.lodestone.engine.MemoryPlan;

/** Bytes for people. */
public final class MemoryText {
  private MemoryText() {}

  /** For example {@code 512 B}, {@code 1.5 MiB}, {@code 20.0 GiB}. */
  public static String of(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    int power = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
    return "%.1f %siB".formatted(bytes / Math.pow(1024, power), "KMGTPE".charAt(power - 1));
  }

  /** One line that says what takes how much. */
  public static String of(MemoryPlan plan) {
    return "memory %s of %s: parameters %s, gradients %s, optimizer %s, activations %s, workspace %s".formatted(
        of(plan.total()), of(plan.available()), of(plan.parameters()), of(plan.gradients()), of(plan.optimizer()),
        of(plan.activations()), of(plan.workspace()));
  }
}
