package dev.lodestone.lab.quickstart;

import dev.lodestone.lab.quickstart.World.Facts;
import dev.lodestone.lab.quickstart.World.Filler;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A set to extend the model on: how its facts are put, and what stands around them. */
record Variant(Facts facts, Filler filler) {
  /** What the trials are made of too: the others are its synthetic stand-ins. */
  static final Variant REAL = new Variant(Facts.REALISTIC, Filler.VARIED);

  /** All six, the real-like one first. */
  static List<Variant> all() {
    var all = new ArrayList<Variant>();
    for (Facts facts : Facts.values()) {
      for (Filler filler : Filler.values()) {
        all.add(new Variant(facts, filler));
      }
    }
    return all;
  }

  /** For example {@code realistic-varied}. */
  @Override
  public String toString() {
    return (facts + "-" + filler).toLowerCase(Locale.ROOT);
  }
}
