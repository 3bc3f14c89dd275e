package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.Locale;

/**
 * A change of the rotary positions that lets a model read further, written {@code theta=1e6}, {@code linear=4},
 * {@code ntk=4}, {@code yarn=4} or {@code llama3=4}.
 *
 * <ul>
 *   <li>{@code theta=X}: the base becomes X (Xiong et al. 2023, "adjusted base frequency").
 *   <li>{@code linear=F}: positions are divided by F (Chen et al. 2023, position interpolation).
 *   <li>{@code ntk=F}: the base becomes {@code theta · F^(d / (d − 2))} with d the head dimension ("NTK-aware" scaling):
 *       the slowest frequency is stretched by F, the fastest stays.
 *   <li>{@code yarn=F}: NTK by parts with attention temperature (Peng et al. 2023), from the model's own length.
 *   <li>{@code llama3=F}: what turns less than once over the model's own length is stretched by F, what turns more than
 *       four times stays (Llama 3.1).
 * </ul>
 *
 * <p>Where the checkpoint has a scaling of its own, {@code theta} and {@code ntk} change the base under it; the others
 * replace it and start from the length that it started from.
 */
public record RopeChange(Kind kind, double value) {
  /** What is changed. */
  public enum Kind { THETA, LINEAR, NTK, YARN, LLAMA3 }

  private static final double LOW_TURNS = 1; // of Llama 3.1's own configuration
  private static final double HIGH_TURNS = 4;

  /** Reads {@code kind=value}. */
  public static RopeChange parse(String text) {
    String[] parts = text.split("=", 2);
    try {
      Kind kind = Kind.valueOf(parts[0].toUpperCase(Locale.ROOT));
      double value = Double.parseDouble(parts[1]);
      if (parts[0].equals(parts[0].toLowerCase(Locale.ROOT)) && Double.isFinite(value) && value > 1) {
        return new RopeChange(kind, value);
      }
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      // the sentence below
    }
    throw new LodestoneException("rope: expected theta=1e6, linear=4, ntk=4, yarn=4 or llama3=4 (a number above 1) but"
        + " found '" + text + "'");
  }

  /** The configuration of the changed model. */
  private RopeConfig apply(ModelConfig config) {
    RopeConfig old = config.rope();
    return switch (kind) {
      case THETA -> withTheta(old, value);
      case NTK -> withTheta(old, old.theta() * Math.pow(value, config.headDim() / (config.headDim() - 2.0)));
      case LINEAR -> RopeConfig.linear(old.theta(), value);
      case YARN -> RopeConfig.yarn(old.theta(), value, trainedLength(config));
      case LLAMA3 -> new RopeConfig(RopeConfig.Type.LLAMA3, old.theta(), value, trainedLength(config), LOW_TURNS,
          HIGH_TURNS, 32, 1, 0, 0, 0, true);
    };
  }

  /** The length before any stretching. */
  static int trainedLength(ModelConfig config) {
    long original = config.rope().originalPositions();
    return original > 0 ? Math.toIntExact(original) : config.maxPositions();
  }

  /**
   * {@code change} (null: none) applied to a model that is to read {@code contextLength} tokens.
   *
   * @param override the change may touch a model that has a scaling of its own
   */
  static ModelConfig extend(ModelConfig config, RopeChange change, boolean override, int contextLength) {
    RopeConfig.Type type = config.rope().type();
    if (change != null && type != RopeConfig.Type.DEFAULT && !override) {
      throw new LodestoneException("--rope " + change + ": the model has a RoPE scaling of its own, " + type.id()
          + " by " + config.rope().factor() + ": add --rope-override to change it");
    }
    RopeConfig rope = change == null ? config.rope() : change.apply(config);
    // Dynamic RoPE takes its frequencies from max_position_embeddings: there it stays.
    boolean dynamic = rope.type() == RopeConfig.Type.DYNAMIC;
    int positions = dynamic ? config.maxPositions() : Math.max(config.maxPositions(), contextLength);
    return config.withRope(rope, positions);
  }

  private static RopeConfig withTheta(RopeConfig r, double theta) {
    return new RopeConfig(r.type(), theta, r.factor(), r.originalPositions(), r.lowFreqFactor(), r.highFreqFactor(),
        r.betaFast(), r.betaSlow(), r.attentionFactor(), r.mscale(), r.mscaleAllDim(), r.truncate());
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(Locale.ROOT) + "=" + value;
  }
}
