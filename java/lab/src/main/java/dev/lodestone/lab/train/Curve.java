package dev.lodestone.lab.train;

import dev.lodestone.io.AtomicOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.stream.Collectors;

/** A CSV file of some numbers over the steps of a run; empty where there is no number. */
final class Curve {
  private Curve() {}

  /** Adds a row. Rows of this step and later ones, of a run that was killed, go. */
  static void add(Path file, long step, Map<String, Double> values) throws IOException {
    var lines = new ArrayList<String>();
    lines.add("step," + String.join(",", values.keySet()));
    if (Files.exists(file)) {
      Files.readAllLines(file).stream().skip(1).filter(line -> stepOf(line) < step).forEach(lines::add);
    }
    lines.add(step + "," + values.values().stream().map(v -> Double.isFinite(v) ? v.toString() : "")
        .collect(Collectors.joining(",")));
    try (var out = AtomicOutput.open(file)) {
      out.writer().write(String.join("\n", lines) + "\n");
      out.commit();
    }
  }

  private static long stepOf(String line) {
    return Long.parseLong(line.substring(0, line.indexOf(',')));
  }
}
