package dev.lodestone.model;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How fast each pair of rotary dimensions turns, in radians a token, fastest first: what the engine computes with, for
 * people to look at. Formulas as in {@link RopeConfig}.
 *
 * @param inverse (headDim / 2) angles a token
 */
public record RopeFrequencies(double[] inverse) {
  /** The frequencies of a model that reads {@code length} tokens; only those of dynamic RoPE depend on that. */
  public static RopeFrequencies of(ModelConfig config, long length) {
    RopeConfig rope = config.rope();
    int dim = config.headDim();
    double original = rope.originalPositions() > 0 ? rope.originalPositions() : config.maxPositions();
    return new RopeFrequencies(switch (rope.type()) {
      case DEFAULT -> plain(rope.theta(), dim).toArray();
      case LINEAR -> plain(rope.theta(), dim).map(f -> f / rope.factor()).toArray();
      case DYNAMIC -> plain(dynamicTheta(rope, dim, original, length), dim).toArray();
      case LLAMA3 -> plain(rope.theta(), dim).map(f -> llama3(rope, original, f)).toArray();
      case YARN -> yarn(rope, dim, original);
    });
  }

  /** Tokens that a full turn of pair {@code i} takes. */
  public double wavelength(int i) {
    return 2 * Math.PI / inverse[i];
  }

  private static DoubleStream plain(double theta, int dim) {
    return IntStream.range(0, dim / 2).mapToDouble(i -> Math.pow(theta, -2.0 * i / dim));
  }

  private static double dynamicTheta(RopeConfig rope, int dim, double original, long length) {
    double stretch = rope.factor() * length / original - (rope.factor() - 1);
    return length <= original ? rope.theta() : rope.theta() * Math.pow(stretch, dim / (dim - 2.0));
  }

  private static double llama3(RopeConfig rope, double original, double frequency) {
    double turns = original * frequency / (2 * Math.PI);
    double keep = clamp((turns - rope.lowFreqFactor()) / (rope.highFreqFactor() - rope.lowFreqFactor()));
    return frequency * (keep + (1 - keep) / rope.factor());
  }

  private static double[] yarn(RopeConfig rope, int dim, double original) {
    double from = pairThatTurns(rope.betaFast(), rope, dim, original);
    double to = pairThatTurns(rope.betaSlow(), rope, dim, original);
    double low = Math.max(rope.truncate() ? Math.floor(from) : from, 0);
    double high = Math.min(rope.truncate() ? Math.ceil(to) : to, dim - 1);
    double width = high == low ? 0.001 : high - low;
    double[] inverse = plain(rope.theta(), dim).toArray();
    for (int i = 0; i < inverse.length; i++) {
      double interpolated = clamp((i - low) / width);
      inverse[i] *= 1 - interpolated + interpolated / rope.factor();
    }
    return inverse;
  }

  private static double pairThatTurns(double turns, RopeConfig rope, int dim, double original) {
    return dim * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(rope.theta()));
  }

  private static double clamp(double x) {
    return Math.max(0, Math.min(1, x));
  }
}
