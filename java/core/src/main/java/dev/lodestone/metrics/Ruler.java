package dev.lodestone.metrics;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/**
 * The metrics of RULER (Hsieh et al. 2024, arXiv 2404.06654): an answer counts where it occurs in the prediction, letter
 * case aside.
 */
public final class Ruler {
  private Ruler() {}

  /** The share of the answers that occur, as for niah, vt, cwe and fwe; 0 if there are none. */
  public static double matchAll(String prediction, Collection<String> answers) {
    return answers.stream().mapToDouble(a -> contains(prediction, a)).average().orElse(0);
  }

  /** 1 if some answer occurs, else 0, as for qa. */
  public static double matchPart(String prediction, Collection<String> answers) {
    return answers.stream().mapToDouble(a -> contains(prediction, a)).max().orElse(0);
  }

  private static double contains(String prediction, String answer) {
    return prediction.toLowerCase(Locale.ROOT).contains(answer.toLowerCase(Locale.ROOT)) ? 1 : 0;
  }

  /** What is done to predictions before: control characters become line feeds, both ends are stripped. */
  public static String postprocess(String prediction) {
    return Normalize.strip(Normalize.strip(prediction).replaceAll("[\\x00-\\x1f]", "\n"));
  }

  /** The score of a data set in percent, rounded to two digits as RULER prints it. */
  public static double percent(ToDoubleBiFunction<String, Collection<String>> metric, List<String> predictions,
      List<? extends Collection<String>> answers) {
    double mean = IntStream.range(0, predictions.size())
        .mapToDouble(i -> metric.applyAsDouble(predictions.get(i), answers.get(i))).average().orElse(0);
    return Rounding.digits(mean * 100, 2);
  }
}
