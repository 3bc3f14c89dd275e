package dev.lodestone.heads;

import dev.lodestone.stats.Correlation;
import dev.lodestone.stats.Descriptive;
import dev.lodestone.stats.PermutationTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Whether models that resemble the reference in a similarity also do better at a task.
 *
 * @param similarity such as {@code recall@0.1}
 * @param score the name of the task score
 * @param tests one a kind of correlation; empty where it is not defined
 * @param undefined why there is no test, in a few words
 */
public record ScoreCorrelation(String similarity, String score, List<PermutationTest> tests,
    Optional<String> undefined) {

  /** Every similarity of the comparisons against one task score, one value a comparison. */
  public static List<ScoreCorrelation> of(List<HeadComparison> comparisons, String score, double[] scores, long seed) {
    List<ScoreCorrelation> found = new ArrayList<>();
    for (var similarity : comparisons.get(0).similarities().keySet()) {
      var x = comparisons.stream().mapToDouble(c -> c.similarities().get(similarity)).toArray();
      var why = undefined(x, scores);
      var tests = why.isPresent() ? List.<PermutationTest>of() : Arrays.stream(Correlation.values())
          .map(kind -> PermutationTest.of(kind, x, scores, seed)).toList();
      found.add(new ScoreCorrelation(similarity, score, tests, why));
    }
    return found;
  }

  private static Optional<String> undefined(double[] similarities, double[] scores) {
    if (Arrays.stream(similarities).anyMatch(Double::isNaN)) {
      return Optional.of("not defined for every file");
    } else if (!Descriptive.varies(similarities)) {
      return Optional.of("the same for every file");
    } else if (!Descriptive.varies(scores)) {
      return Optional.of("the task score is the same for every file");
    }
    return Optional.empty();
  }
}
