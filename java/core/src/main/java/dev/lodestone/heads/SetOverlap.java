package dev.lodestone.heads;

import java.util.BitSet;

/**
 * How a set of heads agrees with a reference set. A share of an empty set is NaN.
 *
 * @param cut what makes a head a member
 * @param reference members of the reference set
 * @param found members of the other set
 * @param common members of both
 */
public record SetOverlap(HeadCut cut, int reference, int found, int common) {
  static SetOverlap of(HeadCut cut, double[] reference, double[] found) {
    var wanted = cut.select(reference);
    var got = cut.select(found);
    var both = (BitSet) wanted.clone();
    both.and(got);
    return new SetOverlap(cut, wanted.cardinality(), got.cardinality(), both.cardinality());
  }

  /** The share of the reference heads that were found: Zhao et al. 2025 (arXiv 2410.22316) relate it to task scores. */
  public double recall() {
    return (double) common / reference;
  }

  /** The share of the heads found that are in the reference. */
  public double precision() {
    return (double) common / found;
  }

  public double jaccard() {
    return (double) common / (reference + found - common);
  }

  /** The harmonic mean of recall and precision. */
  public double f1() {
    return 2.0 * common / (reference + found);
  }
}
