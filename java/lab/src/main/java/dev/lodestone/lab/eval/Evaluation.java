package dev.lodestone.lab.eval;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Model;
import dev.lodestone.metrics.Metric;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** Predictions of a model and their scores. */
public final class Evaluation {
  /**
   * One sample's result.
   *
   * @param prediction the decoded answer without special tokens
   * @param scores every metric asked for, from 0 to 1
   */
  public record Row(String id, String prediction, Map<Metric, Double> scores) {}

  private Evaluation() {}

  /** The model's greedy answers as text, in the order of the samples; {@code done} hears how many are there. */
  public static List<String> predict(Model model, Tokenizer tokenizer, List<TokenSample> samples,
      GreedyDecoder.Options options, IntConsumer done) {
    String[] predictions = new String[samples.size()];
    int[] finished = {0};
    GreedyDecoder.decode(model, samples.stream().map(TokenSample::tokens).toList(), options, (prompt, generated) -> {
      predictions[prompt] = tokenizer.decode(generated);
      done.accept(++finished[0]);
    });
    return List.of(predictions);
  }

  /** Scores the predictions of these samples. */
  public static List<Row> score(List<Sample> samples, List<String> predictions, List<Metric> metrics) {
    var rows = new ArrayList<Row>();
    for (int i = 0; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      Map<Metric, Double> scores = new LinkedHashMap<>();
      for (Metric metric : metrics) {
        scores.put(metric, metric.score(predictions.get(i), sample.answers()));
      }
      rows.add(new Row(sample.id(), predictions.get(i), scores));
    }
    return rows;
  }

  /** The mean of a metric over all rows. */
  public static double mean(List<Row> rows, Metric metric) {
    return rows.stream().mapToDouble(r -> r.scores().get(metric)).average().orElse(Double.NaN);
  }

  /** That every sample has an answer to compare with. */
  public static void checkAnswers(List<Sample> samples) {
    for (Sample sample : samples) {
      if (sample.answers().isEmpty()) {
        throw new LodestoneException("sample " + sample.id() + ": expected answers to compare with but found none");
      }
    }
  }
}
