package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;

/**
 * Which samples each step takes: the samples in a random order, epoch after epoch, as many whole samples a step as fit
 * into {@code stepTokens}; a step may reach over the end of an epoch. The order of an epoch is a function of (seed,
 * epoch), so step k of a run is the same whether the run was interrupted or not.
 */
final class Packing {
  private final List<TrainSample> samples;
  private final int stepTokens;
  private final long seed;
  private long epoch = -1;
  private int[] order = {};
  private int next;

  /**
   * Refuses a sample that no step can hold.
   *
   * @param contextLength longest document
   * @param stepTokens most tokens of a step
   * @param passTokens most tokens of one pass through the model
   */
  Packing(List<TrainSample> samples, int contextLength, int stepTokens, int passTokens, long seed) {
    refuseLonger(samples, TrainSample::longest, contextLength, "--context-length is", "it or shorten the sample");
    boolean pass = passTokens < stepTokens;
    refuseLonger(samples, sample -> sample.tokens().length, Math.min(stepTokens, passTokens),
        pass ? "a pass takes" : "a step takes", pass ? "--micro-batch-tokens" : "--batch-tokens");
    this.samples = samples;
    this.stepTokens = stepTokens;
    this.seed = seed;
  }

  private static void refuseLonger(List<TrainSample> samples, ToIntFunction<TrainSample> length, int most, String limit,
      String what) {
    List<TrainSample> longer = samples.stream().filter(s -> length.applyAsInt(s) > most).toList();
    if (!longer.isEmpty()) {
      TrainSample first = longer.get(0);
      int longest = longer.stream().mapToInt(length).max().orElseThrow();
      String count = longer.size() == 1 ? "" : "; %,d of %,d samples are longer, up to %,d".formatted(longer.size(),
          samples.size(), longest);
      throw new LodestoneException("sample '%s' has %,d tokens but %s %,d: raise %s%s".formatted(first.id(),
          length.applyAsInt(first), limit, most, what, count));
    }
  }

  /** The samples of the next step, at least one. */
  List<TrainSample> nextStep() {
    var step = new ArrayList<TrainSample>();
    int tokens = 0;
    while (true) {
      TrainSample sample = peek();
      tokens += sample.tokens().length;
      if (tokens > stepTokens || tokens < 0) {
        return step;
      }
      step.add(sample);
      next++;
    }
  }

  private TrainSample peek() {
    if (next == order.length) {
      epoch++;
      order = order(samples.size(), seed, epoch);
      next = 0;
    }
    return samples.get(order[next]);
  }

  /** A permutation of 0..n−1 (Fisher-Yates) that depends on seed and epoch only. */
  static int[] order(int n, long seed, long epoch) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    // java.util.Random is specified to the bit; the odd constant (2^64 / golden ratio) keeps (seed, epoch) pairs apart.
    var random = new Random(seed + epoch * 0x9E3779B97F4A7C15L);
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** Splits the samples of a step into runs of at most {@code tokens} tokens each, in order. */
  static List<List<TrainSample>> split(List<TrainSample> step, int tokens) {
    var parts = new ArrayList<List<TrainSample>>();
    int room = 0;
    for (TrainSample sample : step) {
      if (parts.isEmpty() || sample.tokens().length > room) {
        parts.add(new ArrayList<>());
        room = tokens;
      }
      parts.get(parts.size() - 1).add(sample);
      room -= sample.tokens().length;
    }
    return parts;
  }
}
