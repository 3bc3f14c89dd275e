package dev.lodestone.lab.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import dev.lodestone.metrics.Metric;
import dev.lodestone.stats.Bootstrap;
import dev.lodestone.stats.Interval;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Scored answers of {@code eval}.
 *
 * @param samples 0 where the file does not say
 * @param scores of each metric
 * @param grids of each metric over the needle's depth and the context length, where the answers say both
 */
record Answers(String name, long samples, Map<String, Score> scores, Map<String, DepthGrid> grids) {
  /** @param interval of the mean; none where the scores of the samples are not at hand */
  record Score(double mean, Optional<Interval> interval) {}

  private static final Set<String> METRICS = Stream.concat(Arrays.stream(Metric.values()).map(Metric::id),
      Stream.of("coverage", "joint")).collect(Collectors.toCollection(TreeSet::new));

  /** Whether an object is a summary: it has no id and a metric at least. */
  static boolean isSummary(JsonNode json) {
    return !json.has("id") && json.properties().stream().anyMatch(Answers::isScore);
  }

  /** A summary, whose metrics are means. */
  static Answers ofSummary(JsonNode json, String name) {
    Map<String, Score> scores = new LinkedHashMap<>();
    json.properties().stream().filter(Answers::isScore)
        .forEach(e -> scores.put(e.getKey(), new Score(e.getValue().asDouble(), Optional.empty())));
    return new Answers(name, json.path("samples").asLong(json.path("insights").asLong()), scores, Map.of());
  }

  private static boolean isScore(Map.Entry<String, JsonNode> field) {
    return METRICS.contains(field.getKey()) && field.getValue().isNumber()
        && Double.isFinite(field.getValue().asDouble());
  }

  /** Whether a line is an answer with scores. */
  static boolean isAnswer(JsonNode line) {
    return line.has("id") && line.properties().stream().anyMatch(Answers::isScore);
  }

  /** A file of answers, one a line. */
  static Answers read(Path file, String name) {
    Map<String, DoubleStream.Builder> values = new LinkedHashMap<>();
    Map<String, DepthGrid> grids = new LinkedHashMap<>();
    long[] samples = {0};
    Lines.forEach(file, (number, text) -> {
      if (text.isBlank()) {
        return;
      }
      var line = Json.parse(text, file + " line " + number);
      if (!isAnswer(line)) {
        throw new LodestoneException(file + " line " + number + ": expected an answer with its scores, as in the lines"
            + " before, but found something else");
      }
      samples[0]++;
      line.properties().stream().filter(Answers::isScore).forEach(e -> {
        double score = e.getValue().asDouble();
        values.computeIfAbsent(e.getKey(), k -> DoubleStream.builder()).add(score);
        if (line.path("depth").isNumber() && line.path("context_length").isInt()) {
          grids.computeIfAbsent(e.getKey(), k -> new DepthGrid())
              .add(line.get("depth").asDouble(), line.get("context_length").asInt(), score);
        }
      });
    });
    Map<String, Score> scores = new LinkedHashMap<>();
    values.forEach((metric, all) -> scores.put(metric, score(all.build().toArray())));
    return new Answers(name, samples[0], scores, grids);
  }

  /** The same bytes each time: the resamples have a fixed seed. */
  private static Score score(double[] values) {
    return new Score(DoubleStream.of(values).average().orElseThrow(), Optional.of(Bootstrap.mean(values, 0)));
  }

  Answers named(String other) {
    return new Answers(other, samples, scores, grids);
  }

  /** Metrics of several files, each once. */
  static List<String> metrics(Stream<Answers> files) {
    return files.flatMap(a -> a.scores.keySet().stream()).distinct().toList();
  }
}
