package dev.lodestone.synth.world;

import dev.lodestone.synth.SplitMix;

/** A numbered stock of names for entities. */
interface Naming {
  /** The number of a name chosen by chance. Different numbers have different names, whatever the types. */
  long draw(EntityType type, SplitMix random);

  /** The name of a number that was drawn for the type; chance may choose what does not matter to its identity. */
  String name(EntityType type, long number, SplitMix random);
}
