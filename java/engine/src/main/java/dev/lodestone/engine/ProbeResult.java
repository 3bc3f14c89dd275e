package dev.lodestone.engine;

/**
 * Attention statistics of one pass, dense and row-major; null where not asked for. Ties go to the lowest key; keys are
 * token indices of the batch, or positions of the sequence in a decoder.
 *
 * @param lse (layers, heads, rows) natural log of the sum of exponentials of the scaled scores
 * @param argmax (layers, heads, rows) key of the highest score
 * @param maxProb (layers, heads, rows) its probability
 * @param second (layers, heads, rows) second-best key; −1 where the row sees one key only
 * @param secondProb (layers, heads, rows) its probability; 0 where there is none
 * @param spanMass (layers, heads, rows, spans) NaN where the layer's window hides the span from the row
 * @param columnSum (layers, heads, tokens) probability that the rows together put on each key
 * @param pattern (layers, heads, rows, 3) mass on the key before the row, on earlier keys with the row's token, and on
 *     the keys that follow such a duplicate
 */
public record ProbeResult(int layers, int heads, int rows, int spans, int tokens, float[] lse, int[] argmax,
    float[] maxProb, int[] second, float[] secondProb, float[] spanMass, float[] columnSum, float[] pattern) {
  /** Where (layer, head, row) stands in the arrays of that shape. */
  public int at(int layer, int head, int row) {
    return (layer * heads + head) * rows + row;
  }
}
