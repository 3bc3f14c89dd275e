package dev.lodestone.lab.report;

import dev.lodestone.heads.Head;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What {@code knockout} wrote: a task score without the highest heads, and without as many random ones.
 *
 * @param mode zero, mean or uniform
 * @param scope all rows, or the generated ones
 * @param baseline the score with all heads
 * @param levels by how many heads are removed, fewest first
 */
record Knockout(String name, String model, int samples, String metric, String mode, String scope, double baseline,
    List<Level> levels) {
  /** @param controls the score of each random draw; low and high are the bounds of the middle 95 % of them */
  record Level(int top, List<Head> heads, double score, double[] controls, double mean, double low, double high) {
    static Level read(Fields json) {
      return new Level(json.whole("top"), json.heads("heads"), json.number("score"), json.numbers("controls"),
          json.numberOrNaN("control_mean"), json.numberOrNaN("control_low"), json.numberOrNaN("control_high"));
    }

    boolean hasControls() {
      return Double.isFinite(mean) && Double.isFinite(low) && Double.isFinite(high);
    }

    /** Draws that lowered the score as much as the named heads did. */
    long asLow() {
      return Arrays.stream(controls).filter(c -> c <= score).count();
    }
  }

  static Knockout read(Fields json, String name) {
    var levels = json.objects("levels").stream().map(Level::read)
        .sorted(Comparator.comparingInt(Level::top)).toList();
    return new Knockout(name, json.text("model", ""), json.whole("samples"), json.text("metric"), json.text("mode"),
        json.text("scope"), json.number("baseline"), levels);
  }
}
