package dev.lodestone.metrics;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * The score of a topic of Summary of a Haystack (Laban et al. 2024, arXiv 2407.01370; utils_eval.py), from summaries and
 * a judge's word on which of their bullets covers which insight. Coverage and joint score are means over all insights of
 * all subtopics, citation scores over the covered ones only.
 */
public final class SummHay {
  /** How much of an insight a summary states. */
  public enum Coverage {
    NO_COVERAGE(0), PARTIAL_COVERAGE(0.5), FULL_COVERAGE(1);

    private final double score;

    Coverage(double score) {
      this.score = score;
    }

    /** As judges write it; what is none of the names is no coverage, as in the original. */
    public static Coverage parse(String name) {
      return Arrays.stream(values()).filter(c -> c.name().equals(name)).findFirst().orElse(NO_COVERAGE);
    }
  }

  /** Means from 0 to 1; NaN where nothing was added, or no insight was covered. */
  public record Scores(double coverage, double citation, double joint, double precision, double recall) {}

  /** The score of one insight; {@code citations} is null if it is not covered. */
  public record Score(double coverage, PrecisionRecall citations, double joint) {}

  private final List<Score> scores = new ArrayList<>();

  /** The bullets of a summary as a model wrote it: its lines, stripped, without empty ones. */
  public static List<String> bullets(String summary) {
    return Arrays.stream(summary.split("\n")).map(Normalize::strip).filter(line -> !line.isEmpty()).toList();
  }

  /**
   * Adds an insight.
   *
   * @param bulletId the bullet that covers it, from 1; if that is no number, the last but one is taken, which is an
   *     accident of the original that its published scores depend on
   * @param documents the numbers of the documents that include the insight
   */
  public Score add(Coverage judged, List<String> bullets, String bulletId, Collection<Integer> documents) {
    var cited = judged == Coverage.NO_COVERAGE ? null
        : PrecisionRecall.ofSets(Citations.strict(bullet(bullets, bulletId)), documents);
    var score = new Score(judged.score, cited, cited == null ? 0 : judged.score * cited.f1());
    scores.add(score);
    return score;
  }

  /** Python's {@code bullets[id - 1]}, where negative places count from the end. */
  private static String bullet(List<String> bullets, String bulletId) {
    int place;
    try {
      place = Integer.parseInt(Normalize.strip(bulletId)) - 1;
    } catch (NumberFormatException e) {
      place = -2;
    }
    int index = place < 0 ? place + bullets.size() : place;
    if (index < 0 || index >= bullets.size()) {
      throw new LodestoneException(String.format(Locale.ROOT,
          "A judgement names the bullet \"%s\" but the summary has %d.", bulletId, bullets.size()));
    }
    return bullets.get(index);
  }

  public Scores scores() {
    return new Scores(mean(Score::coverage), meanCited(PrecisionRecall::f1), mean(Score::joint),
        meanCited(PrecisionRecall::precision), meanCited(PrecisionRecall::recall));
  }

  private double mean(ToDoubleFunction<Score> part) {
    return scores.stream().mapToDouble(part).average().orElse(Double.NaN);
  }

  private double meanCited(ToDoubleFunction<PrecisionRecall> part) {
    return scores.stream().map(Score::citations).filter(Objects::nonNull).mapToDouble(part).average()
        .orElse(Double.NaN);
  }
}
