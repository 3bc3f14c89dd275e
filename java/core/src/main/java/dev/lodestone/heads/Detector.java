package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;

/** How the heads of one trial are scored. The arithmetic only; {@link Trial} holds what the engine saw. */
public enum Detector {
  /**
   * Wu et al. 2024 (arXiv 2404.15574) as their program counts: 1/n for each decoded row in which the head's highest
   * attention lies on one of the n answer tokens and that token is the one generated from the row. A token copied again
   * counts again, so a score can exceed 1.
   */
  WU_CODE("wu-code", Detector::wuCode),
  /**
   * Wu et al. 2024 as their paper defines it (section 2): the share of the answer's distinct tokens that the head
   * copied at least once. Never above 1.
   */
  WU_PAPER("wu-paper", Detector::wuPaper),
  /**
   * Attention mass on the answer against chance: the mean over the rows that write the answer of
   * {@code m - n / (K - n) * (1 - m)}, m the mass on the answer's n tokens and K the keys visible from the row (the
   * attention-only contrast of Gema et al. 2026, arXiv 2607.01002). 0 for uniform attention, 1 for all of it on the
   * answer.
   */
  MASS("mass", Detector::mass);

  private final String id;
  private final ToDoubleBiFunction<Trial, Integer> rule;

  Detector(String id, ToDoubleBiFunction<Trial, Integer> rule) {
    this.id = id;
    this.rule = rule;
  }

  /** The name on the command line, such as {@code wu-code}. */
  public String id() {
    return id;
  }

  /** One score a head, layer by layer: (layers * heads). NaN where a head cannot see the answer. */
  public double[] score(Trial trial) {
    var scores = new double[trial.layers() * trial.heads()];
    Arrays.setAll(scores, i -> rule.applyAsDouble(trial, i));
    return scores;
  }

  /** The detector of that {@link #id}; a LodestoneException lists the known ones otherwise. */
  public static Detector parse(String id) {
    return Arrays.stream(values()).filter(d -> d.id.equals(id)).findFirst().orElseThrow(() -> new LodestoneException(
        "Expected a detector among " + Arrays.stream(values()).map(Detector::id).collect(Collectors.joining(", "))
            + " but found \"" + id + "\"."));
  }

  @Override
  public String toString() {
    return id;
  }

  private static double wuCode(Trial trial, int head) {
    if (trial.isBlind(head)) {
      return Double.NaN;
    }
    int copies = 0;
    for (int row = 0; row < trial.rows(); row++) {
      if (trial.copies(row, head)) {
        copies++;
      }
    }
    return (double) copies / trial.answerLength();
  }

  private static double wuPaper(Trial trial, int head) {
    if (trial.isBlind(head)) {
      return Double.NaN;
    }
    var copied = new HashSet<Integer>();
    for (int row = 0; row < trial.rows(); row++) {
      if (trial.copies(row, head)) {
        copied.add(trial.generated()[row]);
      }
    }
    return (double) copied.size() / trial.answerTokens().size();
  }

  private static double mass(Trial trial, int head) {
    if (trial.mass() == null) {
      throw new IllegalArgumentException("the detector mass needs the attention mass on the answer");
    }
    double sum = 0;
    int seen = 0;
    int n = trial.answerLength();
    for (int row : trial.answerRows()) {
      double mass = trial.mass()[row][head];
      if (!Double.isNaN(mass)) {
        sum += mass - n / (double) (trial.visibleKeys(row, head) - n) * (1 - mass);
        seen++;
      }
    }
    return sum / seen; // NaN where no row writes the answer or none sees it
  }
}
