package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import dev.lodestone.stats.Descriptive;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The scores of all heads of a model over the trials that counted, in the order of the data. A score is NaN where the
 * head cannot be judged, such as a head whose sliding window does not reach the needle; such trials are left out of its
 * mean. Immutable.
 */
public final class HeadScores {
  /** A head with its mean score and the standard error of that mean (NaN for fewer than two trials). */
  public record Ranked(Head head, double mean, double standardError) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s %.3f ± %.3f", head, mean, standardError);
    }
  }

  /** How the query heads that share a key-value head become one score. */
  public enum Pooling {
    /** The mean, as Gema et al. 2026 (arXiv 2607.01002) do: the heads of a group share their values. */
    MEAN,
    /** The highest, as RazorAttention (arXiv 2407.15891) does: a key-value head is needed if one of its heads is. */
    MAX
  }

  private final int layers;
  private final int heads;
  private final Map<String, Object> meta;
  private final List<double[]> trials; // each (layers * heads), layer by layer

  private HeadScores(int layers, int heads, Map<String, Object> meta, List<double[]> trials) {
    this.layers = layers;
    this.heads = heads;
    this.meta = meta;
    this.trials = trials;
  }

  /**
   * Scores of {@code trials}, each an array of layers × heads values, layer by layer.
   *
   * @param meta what the score file says about them: model, detector, variant, trials, passed, threshold, seed ...
   */
  public static HeadScores of(int layers, int heads, Map<String, ?> meta, List<double[]> trials) {
    if (layers < 1 || heads < 1) {
      throw new IllegalArgumentException("expected at least one layer and head but found " + layers + " and " + heads);
    }
    for (var trial : trials) {
      if (trial.length != layers * heads) {
        throw new IllegalArgumentException("expected " + layers * heads + " scores a trial but found " + trial.length);
      }
    }
    return new HeadScores(layers, heads, Collections.unmodifiableMap(new LinkedHashMap<>(meta)),
        trials.stream().map(double[]::clone).toList());
  }

  public int layers() {
    return layers;
  }

  /** Query heads a layer. */
  public int heads() {
    return heads;
  }

  public Map<String, Object> meta() {
    return meta;
  }

  /** How many trials there are. */
  public int trials() {
    return trials.size();
  }

  /** The score of each trial. */
  public double[] scores(Head head) {
    int i = index(head);
    return trials.stream().mapToDouble(t -> t[i]).toArray();
  }

  /** The mean over the trials in which the head could be judged; NaN if there is none. */
  public double mean(Head head) {
    return rank(index(head)).mean();
  }

  /** The means of all heads, layer by layer: (layers * heads). */
  public double[] means() {
    return IntStream.range(0, layers * heads).mapToDouble(i -> rank(i).mean()).toArray();
  }

  /** The k heads of the highest means, highest first; equal means by index, heads that cannot be judged last. */
  public List<Ranked> top(int k) {
    return IntStream.range(0, layers * heads).mapToObj(this::rank)
        .sorted(Comparator.comparingDouble(r -> Double.isNaN(r.mean()) ? Double.POSITIVE_INFINITY : -r.mean()))
        .limit(k).toList(); // the sort is stable, so ties stay in the order of their index
  }

  /** How many heads have a mean above the threshold; Wu et al. call a head a retrieval head above 0.1. */
  public int above(double threshold) {
    return (int) IntStream.range(0, layers * heads).filter(i -> rank(i).mean() > threshold).count();
  }

  /**
   * The scores of key-value heads under grouped-query attention: the query heads of a layer in consecutive groups of
   * equal size, pooled trial by trial. Heads that cannot be judged are left out.
   */
  public HeadScores pooled(int keyValueHeads, Pooling pooling) {
    if (keyValueHeads < 1 || heads % keyValueHeads != 0) {
      throw new LodestoneException("Expected key-value heads that divide the " + heads
          + " heads of a layer evenly but found " + keyValueHeads + ".");
    }
    int size = heads / keyValueHeads;
    List<double[]> groups = trials.stream().map(trial -> IntStream.range(0, layers * keyValueHeads)
        .mapToDouble(g -> {
          var seen = Arrays.stream(trial, g * size, (g + 1) * size).filter(s -> !Double.isNaN(s));
          return (pooling == Pooling.MAX ? seen.max() : seen.average()).orElse(Double.NaN);
        }).toArray()).toList();
    var said = new LinkedHashMap<>(meta);
    said.put("heads", "key-value, " + pooling.name().toLowerCase(Locale.ROOT) + " of " + size);
    return of(layers, keyValueHeads, said, groups);
  }

  private Ranked rank(int i) {
    var seen = trials.stream().mapToDouble(t -> t[i]).filter(s -> !Double.isNaN(s)).toArray();
    double mean = seen.length == 0 ? Double.NaN : Descriptive.mean(seen);
    double error = seen.length < 2 ? Double.NaN : Descriptive.standardError(seen);
    return new Ranked(new Head(i / heads, i % heads), mean, error);
  }

  private int index(Head head) {
    if (head.layer() >= layers || head.head() >= heads) {
      throw new IllegalArgumentException("expected a head below " + layers + "-" + heads + " but found " + head);
    }
    return head.layer() * heads + head.head();
  }
}
