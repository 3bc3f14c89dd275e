package dev.lodestone.report;

import java.util.Arrays;
import java.util.List;

/** A score by where the needle stands and how long the context is, each cell with its number. */
public final class Grid {
  private Grid() {}

  /**
   * Scores from 0 to 1.
   *
   * @param lengths of the context, in tokens: the columns
   * @param depths of the needle, 0 at the start of the context and 1 at its end: the rows
   * @param scores (depths, lengths); NaN where nothing was measured
   */
  public static HeatMap of(String title, int[] lengths, double[] depths, double[][] scores, String scoreLabel) {
    var columns = Arrays.stream(lengths).mapToObj(Grid::tokens).toList();
    List<String> rows = Arrays.stream(depths).mapToObj(d -> Markup.number(100 * d) + "%").toList();
    var details = new String[rows.size()][columns.size()];
    for (int r = 0; r < rows.size() && r < scores.length; r++) {
      for (int c = 0; c < columns.size() && c < scores[r].length; c++) {
        details[r][c] = "length " + Markup.number(lengths[c]) + ", depth " + rows.get(r) + ": "
            + Markup.number(scores[r][c]);
      }
    }
    return new HeatMap(title, "context length (tokens)", "depth of the needle", columns, rows, scores, details,
        scoreLabel, 0, 1, columns.size() <= 8);
  }

  /** 32,768 is 32K. */
  private static String tokens(int length) {
    return length >= 1024 && length % 1024 == 0 ? length / 1024 + "K" : Markup.number(length);
  }
}
