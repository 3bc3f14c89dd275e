package dev.lodestone.lab.detect;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.engine.ProbeResult;
import dev.lodestone.heads.AttentionPattern;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Detector.Evidence;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;

/** Scores from the attention that follows patterns of the tokens, in one pass over a sequence. */
final class PatternHeads {
  private PatternHeads() {}

  /** The masses on the patterns, of all rows. */
  static ProbeResult probe(Model model, int[] tokens) {
    return model.forward(Batch.of(tokens), Pass.of().probe(
        Probe.range(0, tokens.length).stats(EnumSet.of(Stat.PATTERN)))).probe();
  }

  /** One score a head, (layers * heads). */
  static double[] score(Detector detector, int[] tokens, ProbeResult probe, int[] windows) {
    AttentionPattern pattern = detector.pattern();
    int[] nearest = pattern.nearest(tokens);
    double[] scores = new double[probe.layers() * probe.heads()];
    Arrays.setAll(scores, head -> {
      int from = head * tokens.length * AttentionPattern.values().length;
      var sum = pattern.sum(probe.pattern(), from, nearest, windows[head / probe.heads()]);
      return detector.evidence() == Evidence.REPEATS ? sum.overSquare(tokens.length) : sum.share();
    });
    return scores;
  }

  /**
   * Random tokens, {@link Repeats#TIMES} times over, after the start token where there is one. The tokens differ from
   * each other, so that equal tokens stand a whole period apart and nowhere else.
   */
  static int[] repeated(Repeats repeats, int vocabulary, int trial) {
    int others = repeats.start() == null ? vocabulary : vocabulary - 1;
    if (repeats.length() > others) {
      throw new LodestoneException("expected at most " + others
          + " different tokens to repeat, as the model's vocabulary has, but found " + repeats.length());
    }
    int[] pool = new int[vocabulary];
    Arrays.setAll(pool, i -> i);
    var random = new Random(repeats.seed() * 31 + trial);
    int taken = 0;
    for (int i = 0; taken < repeats.length(); i++) { // Fisher-Yates as far as needed
      int j = i + random.nextInt(vocabulary - i);
      int token = pool[j];
      pool[j] = pool[i];
      if (repeats.start() == null || token != repeats.start()) {
        pool[taken++] = token;
      }
    }
    int first = repeats.start() == null ? 0 : 1;
    int[] tokens = new int[first + Repeats.TIMES * repeats.length()];
    for (int i = first; i < tokens.length; i++) {
      tokens[i] = pool[(i - first) % repeats.length()];
    }
    if (first == 1) {
      tokens[0] = repeats.start();
    }
    return tokens;
  }
}
