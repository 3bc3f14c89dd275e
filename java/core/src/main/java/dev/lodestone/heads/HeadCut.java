package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * Which heads count as retrieval heads: those whose mean score lies above a threshold, fixed or taken from the scores.
 *
 * @param top how many heads; 0 for a fixed threshold
 * @param threshold used if {@code top} is 0
 */
public record HeadCut(int top, double threshold) {
  /** Heads with a mean above the threshold. Wu et al. 2024 use 0.1. */
  public static HeadCut above(double threshold) {
    return new HeadCut(0, threshold);
  }

  /**
   * The k highest heads: those above the (k+1)-th highest mean. Heads tied across the cut are all left out (our
   * choice), so that two sets never agree just because ties are broken by index, as among heads that all score 0.
   */
  public static HeadCut top(int k) {
    if (k < 1) {
      throw new LodestoneException("Expected one or more highest heads but found " + k + ".");
    }
    return new HeadCut(k, 0);
  }

  /** Which of these means count, by index; NaN is no mean here. */
  public BitSet select(double[] means) {
    double cut = top == 0 ? threshold : cut(means);
    var selected = new BitSet(means.length);
    IntStream.range(0, means.length).filter(i -> means[i] > cut).forEach(selected::set);
    return selected;
  }

  private double cut(double[] means) {
    if (top >= means.length) {
      throw new LodestoneException("Expected fewer highest heads than the " + means.length
          + " that can be judged but found " + top + ".");
    }
    var sorted = means.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - 1 - top];
  }

  /** As in {@code recall@0.1} and {@code recall@top10}. */
  @Override
  public String toString() {
    return top > 0 ? "top" + top : BigDecimal.valueOf(threshold).stripTrailingZeros().toPlainString();
  }
}
