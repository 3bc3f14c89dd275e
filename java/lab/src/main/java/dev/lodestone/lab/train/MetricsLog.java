package dev.lodestone.lab.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** {@code metrics.jsonl}: one object a step, there as soon as the step is done. */
final class MetricsLog implements AutoCloseable {
  /** What a step before said. */
  record Past(double loss, double gradNorm) {}

  private final Writer writer;
  private final List<Past> past;

  private MetricsLog(Writer writer, List<Past> past) {
    this.writer = writer;
    this.past = past;
  }

  /** Opens the log to go on after {@code step}: later lines, and one cut short by a kill, are dropped. */
  static MetricsLog open(Path file, long step) throws IOException {
    var past = new ArrayList<Past>();
    if (Files.exists(file)) {
      try (var kept = AtomicOutput.open(file); var lines = Files.lines(file, StandardCharsets.UTF_8)) {
        Writer out = kept.writer();
        // Every step writes one line, so the first `step` lines are those of the steps before.
        for (String line : (Iterable<String>) lines.limit(step)::iterator) {
          JsonNode json = Json.parse(line, file + " line " + (past.size() + 1));
          past.add(new Past(json.path("loss").asDouble(), json.path("grad_norm").asDouble()));
          out.write(line + "\n");
        }
        out.flush();
        kept.commit();
      }
    }
    return new MetricsLog(Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE,
        StandardOpenOption.WRITE, StandardOpenOption.APPEND), List.copyOf(past));
  }

  /** The steps before, in their order. */
  List<Past> past() {
    return past;
  }

  void write(StepReport report) throws IOException {
    ObjectNode line = Json.mapper().createObjectNode()
        .put("step", report.step())
        .put("loss", report.loss())
        .put("grad_norm", report.gradNorm())
        .put("lr", report.learningRate())
        .put("tokens", report.tokens())
        .put("tokens_per_second", report.tokensPerSecond())
        .put("seconds", report.seconds())
        .put("peak_bytes", report.peakBytes());
    report.sensors().ifPresent(sample -> line.set("sensors", sample.json()));
    line.put("mfu", report.mfu().isPresent() ? report.mfu().getAsDouble() : null);
    writer.write(line + "\n");
    writer.flush();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
