package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;

/**
 * The learning rate of a step: a linear warm-up to the peak, then {@link Shape}.
 *
 * @param shape what follows the warm-up
 * @param peak the highest learning rate
 * @param warmup steps of the warm-up; step k of it (from 1) has {@code peak · k / warmup}
 * @param steps steps of the whole run; cosine and linear would reach 0 at step {@code steps + 1}
 */
public record Schedule(Shape shape, double peak, long warmup, long steps) {
  /** The curve after the warm-up. */
  public enum Shape {
    CONSTANT, COSINE, LINEAR;

    /** {@code constant}, {@code cosine} or {@code linear}. */
    public static Shape parse(String name) {
      return switch (name) {
        case "constant" -> CONSTANT;
        case "cosine" -> COSINE;
        case "linear" -> LINEAR;
        default -> throw new LodestoneException(
            "schedule: expected constant, cosine or linear but found '" + name + "'");
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase();
    }
  }

  /** The learning rate of a step; steps count from 1. */
  public double at(long step) {
    if (step <= warmup) {
      return peak * step / warmup;
    }
    // The step after the warm-up still has the peak: progress runs from 0 to just under 1.
    double progress = (double) (step - warmup - 1) / Math.max(1, steps - warmup);
    return switch (shape) {
      case CONSTANT -> peak;
      case COSINE -> peak * 0.5 * (1 + StrictMath.cos(Math.PI * progress));
      case LINEAR -> peak * (1 - progress);
    };
  }
}
