package dev.lodestone.metrics;

import java.util.Collection;
import java.util.List;

/** The metrics of SQuAD 2.0 (Rajpurkar et al. 2018, official evaluation script), which MuSiQue uses too. */
public final class Squad {
  private Squad() {}

  /** 1 if the normalised prediction equals a normalised answer, else 0. */
  public static double exactMatch(String prediction, Collection<String> answers) {
    var normal = Normalize.SQUAD.apply(prediction);
    return answers.stream().anyMatch(a -> normal.equals(Normalize.SQUAD.apply(a))) ? 1 : 0;
  }

  /** The best F1 of word multisets over the answers; where a side has no words, 1 if both have none, else 0. */
  public static double f1(String prediction, Collection<String> answers) {
    var words = List.of(Normalize.SQUAD.words(prediction));
    return answers.stream().mapToDouble(a -> f1(words, List.of(Normalize.SQUAD.words(a)))).max().orElse(0);
  }

  private static double f1(List<String> prediction, List<String> answer) {
    return prediction.isEmpty() && answer.isEmpty() ? 1 : PrecisionRecall.ofCounts(prediction, answer).f1();
  }
}
