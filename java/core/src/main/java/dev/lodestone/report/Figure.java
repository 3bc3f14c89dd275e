package dev.lodestone.report;

/** A chart. */
public interface Figure {
  /** What it shows, in a few words; also what a screen reader says. */
  String title();

  /** The whole {@code <svg>} element, a valid file of its own. Data that cannot be drawn are a LodestoneException. */
  String svg();
}
