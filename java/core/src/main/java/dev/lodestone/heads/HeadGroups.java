package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Scores of key/value heads from those of the query heads that share them (grouped-query attention). */
public enum HeadGroups {
  MEAN, MAX;

  /** Reads {@code mean} or {@code max}; a LodestoneException otherwise. */
  public static HeadGroups parse(String text) {
    return Arrays.stream(values()).filter(g -> g.toString().equals(text)).findFirst().orElseThrow(
        () -> new LodestoneException("Expected mean or max of a group of heads but found \"" + text + "\"."));
  }

  /**
   * One score a key/value head and trial, over the query heads of its group that could be judged; NaN if none could.
   *
   * @param kvHeads key/value heads a layer; divides the query heads
   */
  public HeadScores of(HeadScores scores, int kvHeads) {
    int group = scores.heads() / kvHeads;
    if (group * kvHeads != scores.heads()) {
      throw new IllegalArgumentException(kvHeads + " key/value heads do not divide " + scores.heads() + " heads");
    }
    List<double[]> trials = new ArrayList<>();
    for (int t = 0; t < scores.trials(); t++) {
      trials.add(new double[scores.layers() * kvHeads]);
    }
    for (int i = 0; i < scores.layers() * kvHeads; i++) {
      double[][] members = new double[group][];
      for (int m = 0; m < group; m++) {
        members[m] = scores.scores(new Head(i / kvHeads, i % kvHeads * group + m));
      }
      for (int t = 0; t < trials.size(); t++) {
        int trial = t;
        var seen = Arrays.stream(members).mapToDouble(m -> m[trial]).filter(s -> !Double.isNaN(s));
        trials.get(t)[i] = (this == MEAN ? seen.average() : seen.max()).orElse(Double.NaN);
      }
    }
    Map<String, Object> meta = new LinkedHashMap<>(scores.meta());
    meta.put("heads", "key-value");
    meta.put("per_group", toString());
    return HeadScores.of(scores.layers(), kvHeads, meta, trials);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
