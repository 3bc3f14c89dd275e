package dev.lodestone.metrics;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The comparison of BABILong (Kuratov et al. 2024, arXiv 2406.10149; its metrics.py). */
public final class Babilong {
  private static final List<String> PLACES = List.of("bathroom", "bedroom", "garden", "hallway", "kitchen", "office");

  /** The answers of each task, {@code qa1} to {@code qa10}. */
  public static final Map<String, List<String>> LABELS = Map.of("qa1", PLACES, "qa2", PLACES, "qa3", PLACES,
      "qa4", PLACES, "qa5", List.of("Bill", "Fred", "Jeff", "Mary", "apple", "football", "milk"),
      "qa6", List.of("no", "yes"), "qa7", List.of("none", "one", "three", "two"),
      "qa8", List.of("apple", "football", "milk", "nothing"), "qa9", List.of("no", "yes"),
      "qa10", List.of("maybe", "no", "yes"));

  private Babilong() {}

  /**
   * Whether the labels in the first sentence of the prediction, those of the question aside, are the target and no
   * other. Labels count wherever they occur, parts of words included.
   *
   * @param target one label, or several by commas
   * @param labels all answers of the task
   */
  public static boolean correct(String prediction, String target, String question, Collection<String> labels) {
    var wanted = target.toLowerCase(Locale.ROOT);
    Set<String> found = new TreeSet<>();
    for (var label : labels) {
      var lower = label.toLowerCase(Locale.ROOT);
      if (firstSentence(prediction).contains(lower) && !question.toLowerCase(Locale.ROOT).contains(lower)) {
        found.add(lower);
      }
    }
    var targets = wanted.contains(",") && wanted.length() > 3 ? List.of(wanted.split(",", -1)) : List.of(wanted);
    return found.containsAll(targets) && found.size() == targets.size();
  }

  /** To the first full stop; examples that a model goes on with are cut too. */
  private static String firstSentence(String prediction) {
    return prediction.toLowerCase(Locale.ROOT).split("\\.|<context>|<example>", 2)[0];
  }
}
