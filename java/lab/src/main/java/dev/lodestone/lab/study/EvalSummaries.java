package dev.lodestone.lab.study;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.metrics.Metric;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What {@code eval --json} printed, as numbers. */
public final class EvalSummaries {
  private EvalSummaries() {}

  /** The means of the metrics in a summary, by name. */
  public static Map<String, Double> metrics(Path summary) {
    var json = Json.readFile(summary);
    var means = new LinkedHashMap<String, Double>();
    for (var metric : Metric.values()) {
      if (json.path(metric.id()).isNumber()) {
        means.put(metric.id(), json.get(metric.id()).asDouble());
      }
    }
    if (means.isEmpty()) {
      throw new LodestoneException(summary + ": expected what eval --json prints but found no metric");
    }
    return means;
  }

  /** A table for {@code compare --scores}: a line a summary, with the metrics that all of them have. */
  public static void writeTable(List<String> names, List<Path> summaries, Path out) {
    var rows = summaries.stream().map(EvalSummaries::metrics).toList();
    var common = new TreeSet<>(rows.get(0).keySet());
    rows.forEach(row -> common.retainAll(row.keySet()));
    if (common.isEmpty()) {
      throw new LodestoneException(summaries + ": expected a metric that all have but found none");
    }
    try (var file = AtomicOutput.open(out)) {
      file.writer().write("variant," + String.join(",", common) + "\n");
      for (int i = 0; i < rows.size(); i++) {
        var row = rows.get(i);
        file.writer().write(names.get(i) + "," + common.stream().map(metric -> row.get(metric).toString())
            .collect(Collectors.joining(",")) + "\n");
      }
      file.commit();
    } catch (IOException e) {
      throw new LodestoneException("cannot write " + out + ": " + e.getMessage(), e);
    }
  }
}
