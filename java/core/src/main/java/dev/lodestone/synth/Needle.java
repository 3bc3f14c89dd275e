package dev.lodestone.synth;

/** How real the thing is that has to be found: the axis "concept expression" of Zhao et al. 2024 (arXiv 2410.22316). */
public enum Needle {
  /** From a real data set. */
  REAL,
  /** Sentences written one by one. */
  WRITTEN,
  /** A sentence whose slots are filled by chance. */
  TEMPLATED,
  /** Placeholders instead of words. */
  SYMBOLIC;

  /** Reads {@code real}, {@code written}, {@code templated} or {@code symbolic}. */
  public static Needle parse(String name) {
    return Axes.parse(values(), "a needle", name);
  }
}
