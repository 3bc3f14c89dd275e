package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import dev.lodestone.stats.Correlation;
import dev.lodestone.stats.Descriptive;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How the head scores of one model agree with those of a reference, head by head of the same index, as Zhao et al. 2025
 * (arXiv 2410.22316) compare models trained on synthetic and on real data. Heads that either cannot judge are left out.
 *
 * @param judged heads compared
 * @param cosine of the vectors of mean scores; NaN if all of them are 0
 * @param correlations of the mean scores over the heads; NaN if they do not vary
 * @param overlaps of the sets of retrieval heads, one a cut
 */
public record HeadComparison(int judged, double cosine, Map<Correlation, Double> correlations,
    List<SetOverlap> overlaps) {

  public static HeadComparison of(HeadScores reference, HeadScores other, List<HeadCut> cuts) {
    if (reference.layers() != other.layers() || reference.heads() != other.heads()) {
      throw new LodestoneException("Expected " + reference.layers() + " layers of " + reference.heads()
          + " heads, as the reference has, but found " + other.layers() + " of " + other.heads()
          + "; heads are compared by index, so the models must have the same shape.");
    }
    var all = reference.means();
    var others = other.means();
    var judged = IntStream.range(0, all.length)
        .filter(i -> !Double.isNaN(all[i]) && !Double.isNaN(others[i])).toArray();
    if (judged.length < 2) {
      throw new LodestoneException("Expected heads that can be judged in both files but found " + judged.length + " of "
          + all.length + ".");
    }
    var x = IntStream.of(judged).mapToDouble(i -> all[i]).toArray();
    var y = IntStream.of(judged).mapToDouble(i -> others[i]).toArray();
    if (!Descriptive.varies(x)) {
      throw new LodestoneException("Expected reference scores that tell heads apart but all " + x.length + " are "
          + x[0] + ".");
    }
    boolean varies = Descriptive.varies(y);
    Map<Correlation, Double> correlations = new LinkedHashMap<>();
    for (var kind : Correlation.values()) {
      correlations.put(kind, varies ? kind.of(x, y) : Double.NaN);
    }
    return new HeadComparison(x.length, cosine(x, y), correlations,
        cuts.stream().map(cut -> SetOverlap.of(cut, x, y)).toList());
  }

  /** Every number of similarity by its name, such as {@code cosine} and {@code recall@0.1}; NaN where undefined. */
  public Map<String, Double> similarities() {
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("cosine", cosine);
    correlations.forEach((kind, value) -> named.put(kind.id(), value));
    for (var overlap : overlaps) {
      named.put("recall@" + overlap.cut(), overlap.recall());
      named.put("precision@" + overlap.cut(), overlap.precision());
      named.put("jaccard@" + overlap.cut(), overlap.jaccard());
      named.put("f1@" + overlap.cut(), overlap.f1());
    }
    return named;
  }

  private static double cosine(double[] x, double[] y) {
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += x[i] * y[i];
      xx += x[i] * x[i];
      yy += y[i] * y[i];
    }
    return xx == 0 || yy == 0 ? Double.NaN : xy / Math.sqrt(xx) / Math.sqrt(yy);
  }
}
