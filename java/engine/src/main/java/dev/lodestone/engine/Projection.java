package dev.lodestone.engine;

import dev.lodestone.LodestoneException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A linear layer of a decoder layer, in the order of {@code ls_projection}. */
public enum Projection {
  Q, K, V, O, GATE, UP, DOWN;

  /** Reads {@code q} or {@code gate}; anything else is a LodestoneException. */
  public static Projection parse(String text) {
    for (var projection : values()) {
      if (projection.toString().equals(text.strip())) {
        return projection;
      }
    }
    throw new LodestoneException("expected a projection among "
        + Arrays.stream(values()).map(Projection::toString).collect(Collectors.joining(", ")) + " but found '" + text
        + "'");
  }

  /** Its name in Hugging Face models: {@code q_proj}. */
  public String module() {
    return this + "_proj";
  }

  int bit() {
    return 1 << ordinal();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
