package dev.lodestone.lab.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.data.Sample;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Model;
import dev.lodestone.io.Json;
import dev.lodestone.metrics.Metric;
import dev.lodestone.metrics.Musique;
import dev.lodestone.metrics.Prediction;
import dev.lodestone.text.Tokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** Predictions and their scores: sample by sample, and over all that were added, of which none is kept. */
public final class Evaluation {
  /**
   * One sample's result.
   *
   * @param prediction the decoded answer without special tokens
   * @param scores every metric asked for, from 0 to 1
   * @param meta of the sample
   */
  public record Row(String id, String prediction, Map<Metric, Double> scores, ObjectNode meta) {
    private static final List<String> NEEDLE = List.of("depth", "context_length");

    /** A line of results: {@code id}, {@code prediction}, every metric by its name, and where a needle stands. */
    public ObjectNode toJson() {
      ObjectNode line = Json.mapper().createObjectNode().put("id", id).put("prediction", prediction);
      scores.forEach((metric, score) -> line.put(metric.id(), score));
      NEEDLE.stream().filter(meta::has).forEach(axis -> line.set(axis, meta.get(axis)));
      return line;
    }
  }

  private final Map<Metric, Double> sums = new LinkedHashMap<>();
  private final Musique musique = new Musique();
  private long samples;

  public Evaluation(List<Metric> metrics) {
    metrics.forEach(metric -> sums.put(metric, 0.0));
  }

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

  /** That a sample holds what its predictions are compared with; a LodestoneException otherwise. */
  public void check(Sample sample) {
    sums.keySet().forEach(metric -> metric.check(sample));
  }

  /** Scores a prediction and counts it. */
  public Row add(Sample sample, Prediction prediction) {
    check(sample);
    Map<Metric, Double> scores = new LinkedHashMap<>();
    sums.replaceAll((metric, sum) -> {
      double score = metric.score(prediction, sample);
      scores.put(metric, score);
      return sum + score;
    });
    if (sample.task().equals("musique")) {
      musique.add(sample, prediction);
    }
    samples++;
    return new Row(sample.id(), prediction.text(), scores, sample.meta());
  }

  public long samples() {
    return samples;
  }

  /** The mean of each metric over all samples, in the order asked for. */
  public Map<Metric, Double> means() {
    Map<Metric, Double> means = new LinkedHashMap<>(sums);
    means.replaceAll((metric, sum) -> sum / samples);
    return means;
  }

  /** What MuSiQue's own evaluator prints ({@link Musique#scores}); empty for other tasks. */
  public Map<String, Double> musique() {
    return musique.scores();
  }
}
