package dev.lodestone.synth.world;

import dev.lodestone.synth.SplitMix;

/** Symbols as names: {@code e} and six digits for every type, even for {@code TRAIN}, odd for {@code EVAL}. */
record Symbols(Split split) implements Naming {
  private static final int LEAST = 100_000;
  private static final int COUNT = 900_000;

  @Override
  public long draw(EntityType type, SplitMix random) {
    return LEAST + split.of(random.nextInt(COUNT));
  }

  @Override
  public String name(EntityType type, long number, SplitMix random) {
    return "e" + number;
  }
}
