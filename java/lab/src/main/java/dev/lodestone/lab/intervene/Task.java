package dev.lodestone.lab.intervene;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Model;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.HeadEditor;
import dev.lodestone.lab.eval.SharedPrefix;
import dev.lodestone.metrics.Metric;
import dev.lodestone.metrics.Prediction;
import dev.lodestone.stats.Descriptive;
import dev.lodestone.text.Tokenizer;
import java.util.Arrays;
import java.util.List;

/** Prompts that a model answers greedily, and the score of its answers. */
public record Task(List<int[]> prompts, GreedyDecoder.Options decoding, Scorer scorer) {
  /** Scores one answer. */
  @FunctionalInterface
  public interface Scorer {
    /** From 0 to 1, of the tokens (the end token included) that were generated for a prompt, named by its index. */
    double score(int prompt, int[] generated);
  }

  public Task {
    prompts = List.copyOf(prompts);
    if (prompts.isEmpty()) {
      throw new LodestoneException("expected samples to answer but found none");
    }
  }

  /**
   * Samples that came from text.
   *
   * @throws LodestoneException for samples that came as tokens, or lack what the metric compares with
   */
  public static Task of(List<TokenSample> samples, Tokenizer tokenizer, Metric metric, GreedyDecoder.Options decoding) {
    for (TokenSample sample : samples) {
      if (sample.text() == null) {
        throw new LodestoneException("sample " + sample.id()
            + ": expected text, whose answer can be compared, but found tokens");
      }
      metric.check(sample.text());
    }
    return new Task(samples.stream().map(TokenSample::tokens).toList(), decoding, (prompt, generated) ->
        metric.score(Prediction.of(tokenizer.decode(generated)), samples.get(prompt).text()));
  }

  /**
   * The mean score of a model with each of these edits of its heads; {@code answered} hears of every answer. Where all
   * of them leave prompts alone, a prompt is read once.
   */
  public double[] scores(Model model, List<HeadEditor.Source> edits, Runnable answered) {
    if (!edits.stream().allMatch(HeadEditor.Source::leavesPrompts)) {
      return edits.stream().mapToDouble(one -> score(model, one, answered)).toArray();
    }
    double[][] scores = new double[edits.size()][prompts.size()];
    SharedPrefix.decode(model, prompts, decoding, edits, (variant, prompt, generated) -> {
      scores[variant][prompt] = scorer.score(prompt, generated);
      answered.run();
    });
    return Arrays.stream(scores).mapToDouble(Descriptive::mean).toArray();
  }

  /** The mean score of a model, with edits of its heads; {@code answered} hears of every answer. */
  public double score(Model model, HeadEditor.Source edits, Runnable answered) {
    double[] scores = new double[prompts.size()];
    GreedyDecoder.decode(model, prompts, decoding, edits, (prompt, generated) -> {
      scores[prompt] = scorer.score(prompt, generated);
      answered.run();
    });
    return Descriptive.mean(scores);
  }
}
