package dev.lodestone.synth.world;

import java.util.ArrayList;
import java.util.List;

/**
 * Which names and templates may be used. Lists of templates and of the syllables that names end with are dealt out in
 * turn: items 0, 2, 4, .. to {@code TRAIN}, items 1, 3, 5, .. to {@code EVAL}. So the two share no template and no name
 * whatever the seeds are.
 */
public enum Split {
  ALL,
  TRAIN,
  EVAL;

  /** Its items of a list. */
  <T> List<T> of(List<T> items) {
    if (this == ALL) {
      return items;
    }
    List<T> part = new ArrayList<>();
    for (int i = this == TRAIN ? 0 : 1; i < items.size(); i += 2) {
      part.add(items.get(i));
    }
    return List.copyOf(part);
  }

  /** One of its numbers from 0 to bound - 1, dealt out in the same way; bound is even. */
  int of(int number) {
    return switch (this) {
      case ALL -> number;
      case TRAIN -> number & ~1;
      case EVAL -> number | 1;
    };
  }
}
