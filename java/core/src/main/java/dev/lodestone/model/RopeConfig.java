package dev.lodestone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.util.Arrays;
import java.util.Locale;

/**
 * Rotary position embedding: how the angles grow with the position. Fields are named as in Hugging Face's {@code
 * rope_parameters}; what a type does not use holds the value of {@link #of}. Formulas: transformers,
 * modeling_rope_utils; YaRN: arXiv 2309.00071.
 *
 * @param theta the base, e.g. 10,000
 * @param factor how many times the trained length is stretched (all types but {@code DEFAULT}); at least 1
 * @param originalPositions the length the model was trained at (dynamic, llama3, yarn), else 0
 * @param lowFreqFactor llama3
 * @param highFreqFactor llama3
 * @param betaFast yarn: rotations over the trained length above which a dimension is left alone (32)
 * @param betaSlow yarn: rotations below which a dimension is interpolated fully (1)
 * @param attentionFactor yarn: scale of cos and sin; 0 = derived from the factor
 * @param mscale yarn; 0 = not set
 * @param mscaleAllDim yarn; 0 = not set
 * @param truncate yarn: the range of dimensions is rounded to whole ones
 */
public record RopeConfig(
    Type type,
    double theta,
    double factor,
    long originalPositions,
    double lowFreqFactor,
    double highFreqFactor,
    double betaFast,
    double betaSlow,
    double attentionFactor,
    double mscale,
    double mscaleAllDim,
    boolean truncate) {

  /** The published ways to stretch positions. */
  public enum Type {
    DEFAULT,
    LINEAR,
    DYNAMIC,
    LLAMA3,
    YARN;

    /** The name in a configuration file. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final double DEFAULT_THETA = 10_000;

  /** Unscaled positions with a base. */
  public static RopeConfig of(double theta) {
    return new RopeConfig(Type.DEFAULT, theta, 1, 0, 1, 4, 32, 1, 0, 0, 0, true);
  }

  /** Positions divided by a factor (position interpolation, arXiv 2306.15595). */
  public static RopeConfig linear(double theta, double factor) {
    return new RopeConfig(Type.LINEAR, theta, factor, 0, 1, 4, 32, 1, 0, 0, 0, true);
  }

  /** YaRN with the published ramp. */
  public static RopeConfig yarn(double theta, double factor, long originalPositions) {
    return new RopeConfig(Type.YARN, theta, factor, originalPositions, 1, 4, 32, 1, 0, 0, 0, true);
  }

  /**
   * Reads either style: {@code rope_theta} with {@code rope_scaling} (keyed by {@code type} or {@code rope_type}), or
   * {@code rope_parameters}. Where both are set {@code rope_scaling} counts, as in transformers 5.
   */
  public static RopeConfig parse(JsonNode config) {
    return parse(config, "config.json");
  }

  static RopeConfig parse(JsonNode config, String where) {
    var top = new Fields(config, where);
    String key = top.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
    Fields rope = top.has(key) ? top.child(key) : new Fields(Json.mapper().createObjectNode(), where);
    double topTheta = top.number("rope_theta", 1, nested(top, "rope_parameters", DEFAULT_THETA));
    double theta = rope.number("rope_theta", 1, topTheta);
    for (Fields fields : new Fields[] {top, rope}) {
      if (fields.number("partial_rotary_factor", 0, 1.0) != 1) {
        throw fields.bad("partial_rotary_factor", "1 (all dimensions turn)",
            fields.node().get("partial_rotary_factor"));
      }
    }
    Type type = type(rope);
    int positions = ModelConfig.maxPositions(top);
    if (type == Type.DEFAULT) {
      return of(theta);
    } else if (type == Type.LINEAR) {
      return linear(theta, rope.number("factor", 1, null));
    } else if (type == Type.DYNAMIC) { // transformers takes max_position_embeddings as the trained length
      return new RopeConfig(type, theta, rope.number("factor", 1, null), positions, 1, 4, 32, 1, 0, 0, 0, true);
    }
    int original = rope.size("original_max_position_embeddings", Integer.MAX_VALUE,
        top.size("original_max_position_embeddings", Integer.MAX_VALUE, positions));
    return type == Type.LLAMA3 ? llama3(rope, theta, original) : yarn(rope, theta, original, positions);
  }

  private static RopeConfig llama3(Fields rope, double theta, int original) {
    double low = rope.number("low_freq_factor", 0, null);
    double high = rope.number("high_freq_factor", 0, null);
    if (low <= 0 || high <= low) {
      throw rope.bad("high_freq_factor", "more than low_freq_factor (" + low + "), and that above 0", high);
    }
    double factor = rope.number("factor", 1, null);
    return new RopeConfig(Type.LLAMA3, theta, factor, original, low, high, 32, 1, 0, 0, 0, true);
  }

  private static RopeConfig yarn(Fields rope, double theta, int original, int positions) {
    // Without a factor it is the ratio of the lengths, as transformers does for models that leave it out.
    Double ratio = positions > original ? (double) positions / original : null;
    double factor = rope.number("factor", 1, ratio);
    double fast = rope.number("beta_fast", 0, 32.0);
    double slow = rope.number("beta_slow", 0, 1.0);
    if (slow <= 0 || fast < slow) {
      throw rope.bad("beta_fast", "at least beta_slow (" + slow + "), and that above 0", fast);
    }
    if (theta <= 1) {
      throw rope.bad("rope_theta", "more than 1", theta);
    }
    return new RopeConfig(Type.YARN, theta, factor, original, 1, 4, fast, slow, rope.number("attention_factor", 0, 0.0),
        rope.number("mscale", 0, 0.0), rope.number("mscale_all_dim", 0, 0.0), rope.flag("truncate", true));
  }

  private static Type type(Fields rope) {
    String name = rope.text("rope_type", rope.text("type", "default"));
    for (Type type : Type.values()) {
      if (type.id().equals(name)) {
        return type;
      }
    }
    Object[] known = Arrays.stream(Type.values()).map(Type::id).toArray();
    throw new LodestoneException(
        rope.where() + ": expected a RoPE type of " + Arrays.toString(known) + " but found \"" + name + "\"");
  }

  private static double nested(Fields top, String key, double otherwise) {
    return top.has(key) ? top.child(key).number("rope_theta", 1, otherwise) : otherwise;
  }

  /** {@code rope_theta} and {@code rope_scaling}, as transformers 4 writes and 4 and 5 read. */
  void write(ObjectNode config) {
    config.put("rope_theta", theta);
    if (type == Type.DEFAULT) {
      config.putNull("rope_scaling");
      return;
    }
    ObjectNode scaling = config.putObject("rope_scaling");
    scaling.put("rope_type", type.id());
    scaling.put("factor", factor);
    if (type == Type.LLAMA3 || type == Type.YARN) {
      scaling.put("original_max_position_embeddings", originalPositions);
    }
    if (type == Type.LLAMA3) {
      scaling.put("low_freq_factor", lowFreqFactor);
      scaling.put("high_freq_factor", highFreqFactor);
    } else if (type == Type.YARN) {
      scaling.put("beta_fast", betaFast);
      scaling.put("beta_slow", betaSlow);
      putIfSet(scaling, "attention_factor", attentionFactor);
      putIfSet(scaling, "mscale", mscale);
      putIfSet(scaling, "mscale_all_dim", mscaleAllDim);
      scaling.put("truncate", truncate);
    }
  }

  private static void putIfSet(ObjectNode node, String name, double value) {
    if (value != 0) {
      node.put(name, value);
    }
  }
}
