package dev.lodestone.metrics;

import java.util.Collection;
import java.util.List;

/** The question-answering metric of LongBench (Bai et al. 2023, arXiv 2308.14508; its metrics.py). */
public final class LongBench {
  private LongBench() {}

  /** Like {@link Squad#f1}, but 0 where neither side has a word. */
  public static double qaF1(String prediction, Collection<String> answers) {
    var words = List.of(Normalize.SQUAD.words(prediction));
    return answers.stream()
        .mapToDouble(a -> PrecisionRecall.ofCounts(words, List.of(Normalize.SQUAD.words(a))).f1()).max().orElse(0);
  }
}
