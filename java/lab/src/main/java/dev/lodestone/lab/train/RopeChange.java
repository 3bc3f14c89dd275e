package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;

/**
 * A change of the rotary positions that lets a model read further, written {@code theta=1e6}, {@code linear=4},
 * {@code ntk=4} or {@code yarn=4}.
 *
 * <ul>
 *   <li>{@code theta=X}: the base becomes X (Xiong et al. 2023, "adjusted base frequency").
 *   <li>{@code linear=F}: positions are divided by F (Chen et al. 2023, position interpolation).
 *   <li>{@code ntk=F}: the base becomes {@code theta · F^(d / (d − 2))} with d the head dimension ("NTK-aware" scaling):
 *       the slowest frequency is stretched by F, the fastest stays.
 *   <li>{@code yarn=F}: NTK by parts with attention temperature (Peng et al. 2023), from the model's own length.
 * </ul>
 */
public record RopeChange(Kind kind, double value) {
  /** What is changed. */
  public enum Kind { THETA, LINEAR, NTK, YARN }

  /** Reads {@code kind=value}. */
  public static RopeChange parse(String text) {
    String[] parts = text.split("=", 2);
    try {
      Kind kind = Kind.valueOf(parts[0].toUpperCase());
      double value = Double.parseDouble(parts[1]);
      if (parts[0].equals(parts[0].toLowerCase()) && Double.isFinite(value) && value > 1) {
        return new RopeChange(kind, value);
      }
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      // the sentence below
    }
    throw new LodestoneException("rope: expected theta=1e6, linear=4, ntk=4 or yarn=4 (a number above 1) but found '"
        + text + "'");
  }

  /** The configuration of the changed model. */
  RopeConfig apply(ModelConfig config) {
    RopeConfig old = config.rope();
    return switch (kind) {
      case THETA -> withTheta(old, value);
      case NTK -> withTheta(old, old.theta() * Math.pow(value, config.headDim() / (config.headDim() - 2.0)));
      case LINEAR -> scaled(plain(old), RopeConfig.Type.LINEAR, config.maxPositions());
      case YARN -> scaled(plain(old), RopeConfig.Type.YARN, config.maxPositions());
    };
  }

  /** {@code change} (null: none) applied to a model that is to read {@code contextLength} tokens. */
  static ModelConfig extend(ModelConfig config, RopeChange change, int contextLength) {
    RopeConfig rope = change == null ? config.rope() : change.apply(config);
    // Dynamic RoPE takes its frequencies from max_position_embeddings: there it stays.
    boolean dynamic = rope.type() == RopeConfig.Type.DYNAMIC;
    int positions = dynamic ? config.maxPositions() : Math.max(config.maxPositions(), contextLength);
    return config.withRope(rope, positions);
  }

  private RopeConfig plain(RopeConfig old) {
    if (old.type() != RopeConfig.Type.DEFAULT) {
      throw new LodestoneException("rope: " + this + " needs a model with plain RoPE but found "
          + old.type().name().toLowerCase() + "; theta=... and ntk=... work with it");
    }
    return old;
  }

  private RopeConfig scaled(RopeConfig old, RopeConfig.Type type, int trainedLength) {
    return new RopeConfig(type, old.theta(), value, trainedLength, 0, 0, 32, 1, 0, 0, 0, true);
  }

  private static RopeConfig withTheta(RopeConfig r, double theta) {
    return new RopeConfig(r.type(), theta, r.factor(), r.originalPositions(), r.lowFreqFactor(), r.highFreqFactor(),
        r.betaFast(), r.betaSlow(), r.attentionFactor(), r.mscale(), r.mscaleAllDim(), r.truncate());
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase() + "=" + value;
  }
}
