package dev.lodestone.lab.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.heads.HeadScores;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.ToDoubleFunction;

/**
 * A training run.
 *
 * @param options its configuration by option names; empty where {@code run.json} is not there
 * @param steps in their order, at least one
 * @param heads scores of the live weights, by step
 * @param answers of the live weights, by step
 */
record Run(String name, Map<String, String> options, List<Step> steps, SortedMap<Long, HeadScores> heads,
    SortedMap<Long, Answers> answers) {
  /** A line of {@code metrics.jsonl}; NaN where it has no number. */
  record Step(long step, double loss, double gradNorm, double learningRate, double tokens, double tokensPerSecond,
      double seconds, double peakBytes) {
    static Step read(JsonNode json, String where) {
      if (!json.path("step").canConvertToLong() || !json.has("loss")) {
        throw new LodestoneException(where + ": expected a step of a training run with its loss but found neither");
      }
      var fields = new Fields(json, where);
      return new Step(json.get("step").asLong(), fields.numberOrNaN("loss"), fields.numberOrNaN("grad_norm"),
          fields.numberOrNaN("lr"), fields.numberOrNaN("tokens"), fields.numberOrNaN("tokens_per_second"),
          fields.numberOrNaN("seconds"), fields.numberOrNaN("peak_bytes"));
    }
  }

  String option(String key) {
    return options.getOrDefault(key, "");
  }

  /** NaN where it is not there or no number. */
  double number(String key) {
    try {
      return Double.parseDouble(option(key));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  Step last() {
    return steps.get(steps.size() - 1);
  }

  double sum(ToDoubleFunction<Step> part) {
    return steps.stream().mapToDouble(part).filter(Double::isFinite).sum();
  }
}
