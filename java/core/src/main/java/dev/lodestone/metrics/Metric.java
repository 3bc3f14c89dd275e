package dev.lodestone.metrics;

import dev.lodestone.LodestoneException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A score of one predicted answer against the accepted answers, from 0 to 1; the score of a data set is the mean. */
public enum Metric {
  /**
   * Lost in the Middle's accuracy: a normalised answer occurs in the normalised first line of the prediction. Like its
   * evaluation script it looks only at what stands before the first newline, so a prediction that starts with a newline
   * scores 0; {@link AnswerMetrics#bestSubspanEm} is the rule without that cut.
   */
  BEST_SUBSPAN_EM("best_subspan_em") {
    @Override public double score(String prediction, List<String> answers) {
      return AnswerMetrics.bestSubspanEm(AnswerMetrics.firstLine(prediction), answers);
    }
  },
  /** Equality after normalisation, best over the answers (SQuAD 2.0, MuSiQue). */
  EM("em") {
    @Override public double score(String prediction, List<String> answers) {
      return AnswerMetrics.exactMatch(prediction, answers);
    }
  },
  /** F1 of words after normalisation, best over the answers (SQuAD 2.0, MuSiQue). */
  F1("f1") {
    @Override public double score(String prediction, List<String> answers) {
      return AnswerMetrics.f1(prediction, answers);
    }
  },
  /**
   * Share of an answer's stemmed words that the prediction has, best over the answers; Wu et al. count a needle as
   * found above 0.5.
   */
  ROUGE1_RECALL("rouge1_recall") {
    @Override public double score(String prediction, List<String> answers) {
      return answers.stream().mapToDouble(a -> Rouge.rouge1Recall(a, prediction)).max().orElse(0);
    }
  },
  /** The value occurs in the prediction, letter case aside (Lost in the Middle, key-value retrieval). */
  KV_ACCURACY("kv_accuracy") {
    @Override public double score(String prediction, List<String> answers) {
      return AnswerMetrics.keyValueAccuracy(prediction, answers);
    }
  };

  private final String id;

  Metric(String id) {
    this.id = id;
  }

  /** The name on the command line and in result files, such as {@code best_subspan_em}. */
  public String id() {
    return id;
  }

  /** From 0 to 1; 0 where there is no answer to compare with. */
  public abstract double score(String prediction, List<String> answers);

  /** The metric of that {@link #id}; a LodestoneException lists the known ones otherwise. */
  public static Metric parse(String id) {
    return Arrays.stream(values()).filter(m -> m.id.equals(id)).findFirst().orElseThrow(() -> new LodestoneException(
        "Expected a metric among " + Arrays.stream(values()).map(Metric::id).collect(Collectors.joining(", "))
            + " but found \"" + id + "\"."));
  }

  @Override
  public String toString() {
    return id;
  }
}
