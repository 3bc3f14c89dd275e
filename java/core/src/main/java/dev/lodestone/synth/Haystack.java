package dev.lodestone.synth;

/** How diverse the text around the needle is: the axis "context diversity" of Zhao et al. 2024 (arXiv 2410.22316). */
public enum Haystack {
  /** From a real data set or a book. */
  REAL,
  /** Made, and different from sample to sample. */
  VARIED,
  /** The same few sentences over and over. */
  REPEATED;

  /** Reads {@code real}, {@code varied} or {@code repeated}. */
  public static Haystack parse(String name) {
    return Axes.parse(values(), "a haystack", name);
  }
}
