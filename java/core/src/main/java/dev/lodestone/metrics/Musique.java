package dev.lodestone.metrics;

import dev.lodestone.data.Sample;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The official evaluation of MuSiQue (Trivedi et al. 2022, arXiv 2108.00573; evaluate_v1.0.py). Answers and supports are
 * scored on answerable questions. MuSiQue-Full has every question twice, answerable and not: the grouped score of such a
 * pair is that of the answerable one if the model told both apart, else 0.
 */
public final class Musique {
  /** One of a question's two forms; {@code toldApart} if the prediction is right on whether it is answerable. */
  private record Form(boolean answerable, boolean toldApart, double answerF1, double supportF1) {}

  private final Map<String, Form> waiting = new HashMap<>(); // for the other form, by id
  private final Map<String, Mean> means = new LinkedHashMap<>();
  private boolean full; // some question is not answerable
  private boolean grouped = true; // as far as seen, predictions say what is answerable, and forms make pairs

  /** A running mean. */
  private static final class Mean {
    private double sum;
    private long count;
  }

  /** F1 of sets; 1 if both are empty. */
  public static double supportF1(Collection<Integer> predicted, Collection<Integer> supports) {
    return predicted.isEmpty() && supports.isEmpty() ? 1 : PrecisionRecall.ofSets(predicted, supports).f1();
  }

  /** 1 if the sets are equal, else 0. */
  public static double supportEm(Collection<Integer> predicted, Collection<Integer> supports) {
    return new HashSet<>(predicted).equals(new HashSet<>(supports)) ? 1 : 0;
  }

  /** Adds a question; {@code meta} has {@code answerable} and {@code supports}. */
  public void add(Sample sample, Prediction prediction) {
    boolean answerable = sample.meta().path("answerable").asBoolean(true);
    var answers = sample.answers();
    double answerF1 = Squad.f1(prediction.text(), answers);
    double supportF1 = prediction.supports() == null ? Double.NaN
        : supportF1(prediction.supports(), Gold.integers(sample, "supports"));
    if (answerable) {
      add("answer_f1", answerF1);
      add("answer_em", Squad.exactMatch(prediction.text(), answers));
      add("support_f1", supportF1);
    }
    full |= !answerable;
    if (prediction.answerable() == null) {
      grouped = false;
    } else {
      pair(sample.id(), new Form(answerable, prediction.answerable() == answerable, answerF1, supportF1));
    }
  }

  private void pair(String id, Form form) {
    var other = waiting.remove(id);
    if (other == null) {
      waiting.put(id, form);
    } else if (other.answerable() == form.answerable()) {
      grouped = false;
    } else {
      var answered = form.answerable() ? form : other;
      int told = form.toldApart() && other.toldApart() ? 1 : 0;
      add("group_answer_sufficiency_f1", told * answered.answerF1());
      add("group_support_sufficiency_f1", told * answered.supportF1());
    }
  }

  private void add(String name, double score) {
    var mean = means.computeIfAbsent(name, n -> new Mean());
    mean.sum += score;
    mean.count++;
  }

  /**
   * The official names and means, rounded to three digits as the original prints them. Support scores only if every
   * prediction names supports (they are NaN without); grouped scores only if the data have unanswerable questions, every question is there in
   * both forms and every prediction says which it takes for answerable.
   */
  public Map<String, Double> scores() {
    var scores = new LinkedHashMap<String, Double>();
    means.forEach((name, mean) -> {
      double score = mean.sum / mean.count;
      if (!Double.isNaN(score) && (!name.startsWith("group") || (full && grouped && waiting.isEmpty()))) {
        scores.put(name, Rounding.digits(score, 3));
      }
    });
    return scores;
  }
}
