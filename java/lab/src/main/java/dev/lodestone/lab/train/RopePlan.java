package dev.lodestone.lab.train;

import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import dev.lodestone.model.RopeFrequencies;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a change of the rotary positions does, in words: wavelengths of a few pairs of dimensions before and after, and
 * how often each turns over the trained and over the new length. A pair that turns less than once over the trained
 * length and further over the new one meets angles that the model has never seen.
 */
final class RopePlan {
  private static final int SHOWN = 5;

  private RopePlan() {}

  /** Lines of a table; empty if nothing changes, neither frequencies nor length. */
  static List<String> lines(ModelConfig before, ModelConfig after, int contextLength) {
    int trained = before.maxPositions();
    if (before.rope().equals(after.rope()) && contextLength <= trained) {
      return List.of();
    }
    RopeFrequencies from = RopeFrequencies.of(before, trained);
    RopeFrequencies to = RopeFrequencies.of(after, contextLength);
    var lines = new ArrayList<String>();
    lines.add("RoPE %s -> %s, length %,d -> %,d".formatted(words(before.rope()), words(after.rope()), trained,
        contextLength));
    lines.add("  pair    wavelength before -> after    turns over %,d before -> over %,d after".formatted(trained,
        contextLength));
    int last = from.inverse().length - 1;
    IntStream.range(0, SHOWN).map(i -> i * last / (SHOWN - 1)).distinct().forEach(i ->
        lines.add("  %4d %,14.1f -> %,-14.1f %,10.2f -> %,.2f".formatted(i, from.wavelength(i), to.wavelength(i),
            trained / from.wavelength(i), contextLength / to.wavelength(i))));
    return lines;
  }

  private static String words(RopeConfig rope) {
    boolean plain = rope.type() == RopeConfig.Type.DEFAULT;
    String scaling = plain ? "" : " %s by %s".formatted(rope.type().id(), rope.factor());
    return "theta %,.0f%s".formatted(rope.theta(), scaling);
  }
}
