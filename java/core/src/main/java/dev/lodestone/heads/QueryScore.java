package dev.lodestone.heads;

import dev.lodestone.data.Span;
import java.util.List;

/**
 * Attention from a question to its gold documents, calibrated by a question without content (QRHead: Zhang et al. 2025,
 * arXiv 2506.09944, as in the detection of their program).
 */
public final class QueryScore {
  private QueryScore() {}

  /**
   * One head of one sample. With e_j the mean probability that the rows of the question put on key j, minus the same of
   * the empty question, the sum over the tokens of each gold document with {@code e_j > mean(e) - 2 std(e)} of the
   * document (n − 1 under the root; a document of one token is not filtered).
   *
   * @param columns for each key the sum over the {@code rows} rows of the question
   * @param nullColumns the same with the empty question
   * @param from where the head's keys begin in {@code columns}; {@code nullFrom} in {@code nullColumns}
   */
  public static double of(float[] columns, int from, int rows, float[] nullColumns, int nullFrom, int nullRows,
      List<Span> gold) {
    double score = 0;
    for (var document : gold) {
      double[] e = new double[document.length()];
      for (int i = 0; i < e.length; i++) {
        int key = document.start() + i;
        e[i] = (double) columns[from + key] / rows - (double) nullColumns[nullFrom + key] / nullRows;
      }
      score += filteredSum(e);
    }
    return score;
  }

  private static double filteredSum(double[] e) {
    double mean = 0;
    for (double value : e) {
      mean += value / e.length;
    }
    double squares = 0;
    for (double value : e) {
      squares += (value - mean) * (value - mean);
    }
    double least = e.length == 1 ? Double.NEGATIVE_INFINITY : mean - 2 * Math.sqrt(squares / (e.length - 1));
    double sum = 0;
    for (double value : e) {
      sum += value > least ? value : 0;
    }
    return sum;
  }
}
