package dev.lodestone.metrics;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;

/** How a prediction and what was wanted overlap, each from 0 to 1; all 0 where nothing is common. */
public record PrecisionRecall(double precision, double recall, double f1) {
  static PrecisionRecall of(int common, int predicted, int wanted) {
    if (common == 0) {
      return new PrecisionRecall(0, 0, 0);
    }
    double precision = (double) common / predicted;
    double recall = (double) common / wanted;
    return new PrecisionRecall(precision, recall, 2 * precision * recall / (precision + recall));
  }

  /** Of multisets. */
  static <T> PrecisionRecall ofCounts(Collection<T> predicted, Collection<T> wanted) {
    var counts = new HashMap<T, Integer>();
    wanted.forEach(x -> counts.merge(x, 1, Integer::sum));
    int common = 0;
    for (var x : predicted) {
      if (counts.merge(x, -1, Integer::sum) >= 0) {
        common++;
      }
    }
    return of(common, predicted.size(), wanted.size());
  }

  /** Of sets; what comes twice counts once. */
  static <T> PrecisionRecall ofSets(Collection<T> predicted, Collection<T> wanted) {
    Set<T> common = new HashSet<>(predicted);
    int size = common.size();
    common.retainAll(wanted);
    return of(common.size(), size, new HashSet<>(wanted).size());
  }
}
