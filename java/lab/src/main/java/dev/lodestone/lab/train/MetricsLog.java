package dev.lodestone.lab.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** {@code metrics.jsonl}: one object a step, there as soon as the step is done. */
final class MetricsLog implements AutoCloseable {
  private final Writer writer;

  private MetricsLog(Writer writer) {
    this.writer = writer;
  }

  /** Opens the log to go on after {@code step}: later lines, and one cut short by a kill, are dropped. */
  static MetricsLog open(Path file, long step) throws IOException {
    if (Files.exists(file)) {
      try (var kept = AtomicOutput.open(file); var lines = Files.lines(file, StandardCharsets.UTF_8)) {
        Writer out = kept.writer();
        // Every step writes one line, so the first `step` lines are those of the steps before.
        for (String line : (Iterable<String>) lines.limit(step)::iterator) {
          out.write(line + "\n");
        }
        out.flush();
        kept.commit();
      }
    }
    return new MetricsLog(Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE,
        StandardOpenOption.WRITE, StandardOpenOption.APPEND));
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
    line.putNull("mfu"); // a share of the peak that a data sheet promises; a CPU has no such number
    writer.write(line + "\n");
    writer.flush();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
