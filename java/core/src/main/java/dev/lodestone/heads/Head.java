package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

/** A query head: its layer and its number in the layer, both from 0. Written {@code layer-head}, as in {@code 12-3}. */
public record Head(int layer, int head) implements Comparable<Head> {
  private static final Comparator<Head> ORDER = Comparator.comparingInt(Head::layer).thenComparingInt(Head::head);

  public Head {
    if (layer < 0 || head < 0) {
      throw new IllegalArgumentException("layer and head start at 0, not " + layer + "-" + head);
    }
  }

  /** Reads {@code 12-3}; anything else is a LodestoneException. */
  public static Head parse(String text) {
    var parts = text.strip().split("-", -1);
    try {
      if (parts.length == 2 && Character.isDigit(parts[0].charAt(0)) && Character.isDigit(parts[1].charAt(0))) {
        return new Head(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      // falls through to the sentence below
    }
    throw new LodestoneException("Expected a head as layer-head, such as 12-3, but found \"" + text + "\".");
  }

  /** Reads {@code 0-1,2-3}; a head named twice counts once. */
  public static List<Head> parseList(String text) {
    return List.copyOf(new LinkedHashSet<>(Arrays.stream(text.split(",", -1)).map(Head::parse).toList()));
  }

  @Override
  public int compareTo(Head other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return layer + "-" + head;
  }
}
