package dev.lodestone.lab.train;

import dev.lodestone.engine.Batch;
import java.util.Arrays;
import java.util.List;

/** The samples of a step as the engine takes them. */
final class StepBatches {
  private StepBatches() {}

  /** One batch for each run of samples that passes through the model at once. */
  static List<Batch> of(List<TrainSample> step, int passTokens) {
    boolean weighted = step.stream().anyMatch(s -> s.weight() != 1);
    return Packing.split(step, passTokens).stream().map(part -> batch(part, weighted)).toList();
  }

  private static Batch batch(List<TrainSample> part, boolean weighted) {
    int tokens = part.stream().mapToInt(s -> s.tokens().length).sum();
    int documents = part.stream().mapToInt(s -> s.lengths().length).sum();
    int[] ids = new int[tokens];
    int[] labels = new int[tokens];
    float[] weights = weighted ? new float[tokens] : null;
    int[] starts = new int[documents + 1];
    int at = 0;
    int document = 0;
    for (TrainSample sample : part) {
      System.arraycopy(sample.tokens(), 0, ids, at, sample.tokens().length);
      System.arraycopy(sample.labels(), 0, labels, at, sample.labels().length);
      if (weighted) {
        Arrays.fill(weights, at, at + sample.tokens().length, (float) sample.weight());
      }
      for (int length : sample.lengths()) {
        at += length;
        starts[++document] = at;
      }
    }
    return new Batch(ids, starts, labels, weights);
  }
}
