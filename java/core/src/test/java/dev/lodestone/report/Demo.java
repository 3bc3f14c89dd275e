package dev.lodestone.report;

import dev.lodestone.heads.HeadScores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** One of every chart, with made-up numbers. */
final class Demo {
  private static final double[] REMOVED = {0, 2, 5, 10, 20, 50};

  private Demo() {}

  static HeatMap heads(String title, long seed) {
    var random = new Random(seed);
    List<double[]> trials = new ArrayList<>();
    for (int t = 0; t < 20; t++) {
      var where = new Random(3);
      trials.add(IntStream.range(0, 30 * 9).mapToDouble(i -> {
        double strength = i / 9 > 12 && where.nextDouble() < 0.15 ? where.nextDouble() : 0.03;
        return i / 9 == 2 ? Double.NaN : strength * (0.7 + 0.6 * random.nextDouble());
      }).toArray());
    }
    return HeatMap.ofHeads(title, HeadScores.of(30, 9, Map.of(), trials), 0, 1);
  }

  static HeatMap grid() {
    double[][] scores = {{1, 0.98, 0.95, 0.91, 0.8}, {1, 0.96, 0.81, 0.6, 0.42}, {0.99, 0.9, 0.7, 0.4, 0.22},
        {1, 0.93, 0.84, 0.55, 0.3}, {1, 1, 0.97, 0.9, Double.NaN}};
    return Grid.of("Needles found", new int[] {2048, 4096, 8192, 16384, 32768}, new double[] {0, 0.25, 0.5, 0.75, 1},
        scores, "best_subspan_em");
  }

  static LineChart knockout() {
    return new LineChart("Knockout", "heads removed", "score of the task")
        .series("highest heads", REMOVED, new double[] {0.83, 0.7, 0.41, 0.12, 0.05, 0.02})
        .series("random heads of the same layers (10 draws)", REMOVED, new double[] {0.83, 0.82, 0.8, 0.79, 0.74, 0.6},
            new double[] {0.83, 0.8, 0.76, 0.7, 0.6, 0.4}, new double[] {0.83, 0.84, 0.83, 0.83, 0.81, 0.72});
  }

  static LineChart training() {
    var random = new Random(1);
    var steps = IntStream.rangeClosed(1, 200).mapToDouble(i -> i).toArray();
    var chart = new LineChart("Training", "step", "loss").logX().logY();
    for (var name : List.of("real", "written, varied", "templated", "symbolic")) {
      double scale = 1 + random.nextDouble();
      chart.series(name, steps, IntStream.rangeClosed(1, 200)
          .mapToDouble(i -> scale * (0.2 + 3 / Math.pow(i, 0.6)) * (0.95 + 0.1 * random.nextDouble())).toArray());
    }
    return chart;
  }

  static Scatter scatter() {
    return new Scatter("Head recall and task score", "recall of retrieval heads", "F1 after training")
        .point("symbolic", 0.31, 0.2).point("templated, repeated", 0.42, 0.33).point("templated, varied", 0.44, 0.31)
        .point("written, repeated", 0.62, 0.38).point("written, varied", 0.71, 0.49).point("real", 1, 0.83);
  }

  static Table table() {
    return new Table("variant", "recall@0.1", "cosine", "F1", "trials")
        .row("symbolic", 0.31, 0.612, 0.2, 75).row("templated, repeated", 0.42, 0.701, 0.33, 81)
        .row("written, varied", 0.71, 0.934, 0.49, 1204).row("untrained", Double.NaN, Double.NaN, 0.02, 0);
  }

  static HtmlPage page() {
    return new HtmlPage("Synthetic context extension", "A demonstration with made-up numbers")
        .section("Heads").text("Mean retrieval score of every head over the passing trials. An empty cell is a head"
            + " whose window does not reach the needle. Point at a cell for its number.")
        .figure(heads("Real data", 1), "75 of 100 trials").figure(heads("Symbolic data", 2), "51 of 100 trials")
        .section("Does head recall foretell the score?")
        .text("Each point is a model trained on another data set; the band holds the line at 95 %.")
        .figure(scatter(), "N = 6").figure(knockout(), "the band is the range over the draws").table(table())
        .section("Training").figure(training(), "answers only").figure(grid(), "10 needles a cell");
  }
}
