package dev.lodestone.lab.study;

import dev.lodestone.LodestoneException;

/**
 * A part of a study's cells, for one of several processes or machines. What belongs to no cell alone is done by
 * whichever shard comes to it first.
 *
 * @param index from 1
 */
public record Shard(int index, int count) {
  public static final Shard WHOLE = new Shard(1, 1);

  /** Reads {@code 2/3}. */
  public static Shard parse(String text) {
    if (text.matches("\\d{1,6}/\\d{1,6}")) {
      int slash = text.indexOf('/');
      var shard = new Shard(Integer.parseInt(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
      if (shard.index >= 1 && shard.index <= shard.count) {
        return shard;
      }
    }
    throw new LodestoneException("expected a shard such as 1/4, the first of four, but found '" + text + "'");
  }

  boolean takes(Step step) {
    return step.cell() == Step.SHARED || step.cell() % count == index - 1;
  }
}
