package dev.lodestone.metrics;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleBiFunction;
import java.util.regex.Pattern;

/** The question-answering metrics of HELMET (Yen et al. 2024, arXiv 2410.02694; its utils.py). */
public final class Helmet {
  private static final Set<String> VERDICTS = Set.of("yes", "no", "noanswer");
  private static final Pattern AFTER_PREFIX = Pattern.compile("(?i)answer:([^\\n]*)");

  private Helmet() {}

  /** Like {@link LongBench#qaF1}, but 0 where one side is "yes", "no" or "noanswer" and the other is not the same. */
  public static double f1(String prediction, Collection<String> answers) {
    return answers.stream().mapToDouble(a -> {
      var predicted = Normalize.SQUAD.apply(prediction);
      var wanted = Normalize.SQUAD.apply(a);
      boolean verdict = VERDICTS.contains(predicted) || VERDICTS.contains(wanted);
      return verdict && !predicted.equals(wanted) ? 0 : LongBench.qaF1(prediction, List.of(a));
    }).max().orElse(0);
  }

  /** 1 if a normalised answer is a substring of the normalised prediction, else 0. */
  public static double substringExactMatch(String prediction, Collection<String> answers) {
    var normal = Normalize.SQUAD.apply(prediction);
    return answers.stream().anyMatch(a -> normal.contains(Normalize.SQUAD.apply(a))) ? 1 : 0;
  }

  /** The rest of the line after the first "Answer:", or the first line; a second "Answer:" goes too. */
  public static String parseOutput(String prediction) {
    var found = AFTER_PREFIX.matcher(prediction);
    var line = found.find() ? found.group(1) : prediction.lines().findFirst().orElse("");
    return Normalize.strip(Normalize.strip(line).replaceFirst("^(?i)answer:", ""));
  }

  /** The better of a metric on the prediction and on its {@link #parseOutput}, as HELMET reports it. */
  public static double best(ToDoubleBiFunction<String, Collection<String>> metric, String prediction,
      Collection<String> answers) {
    return Math.max(metric.applyAsDouble(prediction, answers),
        metric.applyAsDouble(parseOutput(prediction), answers));
  }
}
