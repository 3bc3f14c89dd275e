package dev.lodestone.synth;

import java.util.List;

/**
 * SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"). Written out, so that the same
 * seed gives the same data on every Java version.
 */
public final class SplitMix {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private long state;

  /** A stream of its own for each pair of seed and index. */
  public SplitMix(long seed, long index) {
    state = mix(seed + GOLDEN) ^ mix(index * GOLDEN);
  }

  /** The next 64 bits. */
  public long nextLong() {
    return mix(state += GOLDEN);
  }

  /** From 0 to bound - 1; the bias of at most bound / 2^63 is of no account here. */
  public int nextInt(int bound) {
    return (int) ((nextLong() >>> 1) % bound);
  }

  /** One of a list that is not empty. */
  public <T> T pick(List<T> values) {
    return values.get(nextInt(values.size()));
  }

  /** Every order alike, in place (Fisher and Yates). */
  public <T> void shuffle(List<T> values) {
    for (int i = values.size() - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      var kept = values.get(i);
      values.set(i, values.get(j));
      values.set(j, kept);
    }
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
