package dev.lodestone.heads;

import java.util.Arrays;
import java.util.HashMap;

/**
 * Keys that a row would attend to by a fixed rule of the tokens x alone (TransformerLens, head_detector.py). The order
 * is that of the masses which the engine gives for each row.
 */
public enum AttentionPattern {
  /** The token before. */
  PREVIOUS,
  /** Earlier places of the row's own token: x_j = x_i, j &lt; i. */
  DUPLICATE,
  /** The tokens that followed there: x_(j−1) = x_i, 1 ≤ j ≤ i. */
  INDUCTION;

  /** For each row the nearest key of the pattern; −1 where there is none. */
  public int[] nearest(int[] tokens) {
    var last = new HashMap<Integer, Integer>();
    int[] nearest = new int[tokens.length];
    Arrays.setAll(nearest, row -> {
      Integer same = last.put(tokens[row], row);
      return switch (this) {
        case PREVIOUS -> row - 1;
        case DUPLICATE -> same == null ? -1 : same;
        case INDUCTION -> same == null ? -1 : same + 1;
      };
    });
    return nearest;
  }

  /**
   * Sums of one head over the rows of a sequence. Rows whose keys of the pattern are all outside the window are left
   * out.
   *
   * @param mass on the keys of the pattern
   * @param rows that were not left out, which is also the sum of all their probabilities
   * @param blind there are keys of the pattern, and no row sees any
   */
  public record Sum(double mass, int rows, boolean blind) {
    /** TransformerLens' error measure {@code mul}: Σ P∘D / Σ P, D being 1 on the pattern; NaN where blind. */
    public double share() {
      return blind ? Double.NaN : mass / rows;
    }

    /** RazorAttention's mean over the whole square of P∘D: Σ P∘D / S²; NaN where blind. */
    public double overSquare(int tokens) {
      return blind ? Double.NaN : mass / ((double) tokens * tokens);
    }
  }

  /**
   * @param masses on the keys of each pattern, (rows, patterns), from element {@code from} on
   * @param nearest of the tokens
   * @param window keys that a row sees, itself included; 0 for all
   */
  public Sum sum(float[] masses, int from, int[] nearest, int window) {
    double sum = 0;
    int rows = 0;
    int seeing = 0;
    boolean any = false;
    for (int row = 0; row < nearest.length; row++) {
      boolean exists = nearest[row] >= 0;
      boolean visible = exists && (window == 0 || nearest[row] > row - window);
      any |= exists;
      seeing += visible ? 1 : 0;
      if (visible || !exists) {
        sum += masses[from + row * values().length + ordinal()];
        rows++;
      }
    }
    return new Sum(sum, rows, any && seeing == 0);
  }
}
