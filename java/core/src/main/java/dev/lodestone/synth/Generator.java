package dev.lodestone.synth;

import dev.lodestone.data.Sample;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Makes samples. A sample depends on the configuration and its index alone, so shards can be made anywhere in any order
 * and the same seed gives the same bytes. Safe for use from several threads.
 */
public interface Generator {
  /** Such as {@code niah}. */
  String task();

  /** The sample of that index, from 0. */
  Sample sample(long index);

  /** The first {@code count} samples, made as they are asked for. */
  default Stream<Sample> stream(long count) {
    return LongStream.range(0, count).mapToObj(this::sample);
  }
}
