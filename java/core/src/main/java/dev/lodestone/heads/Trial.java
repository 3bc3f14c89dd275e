package dev.lodestone.heads;

import dev.lodestone.data.Span;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the engine saw while it answered one prompt greedily: the input of a {@link Detector}. Row 0 is the last row of
 * the prompt; row r stands at position {@code prompt.length - 1 + r} and writes {@code generated[r]}. Heads are counted
 * layer by layer, {@code layer * heads + head}.
 *
 * @param prompt the tokens of the prompt
 * @param target the tokens of the prompt looked for, as spans that do not overlap; at least one token in all
 * @param generated the greedy tokens, the one that ended the answer included
 * @param argmax (rows, layers * heads): the position of the key with the highest attention
 * @param mass (rows, layers * heads): attention mass on the target, NaN where it cannot be seen; null unless the
 *     detector asks for {@link Detector.Evidence#MASS}
 * @param answerRows the rows that write the answer, see {@link AnswerRows}
 * @param contributions null unless the detector asks for {@link Detector.Evidence#CONTRIBUTION}
 * @param windows (layers): how many keys a row of the layer sees, itself included; 0 for all. Null if all layers see
 *     all
 */
public record Trial(int layers, int heads, int[] prompt, List<Span> target, int[] generated, int[][] argmax,
    float[][] mass, int[] answerRows, Contributions contributions, int[] windows) {
  /**
   * What heads add to the logit of the token that a row writes, each (answer rows, layers * heads).
   *
   * @param target by the values at the target's tokens; NaN where none can be seen
   * @param all by the values of all keys
   */
  public record Contributions(double[][] target, double[][] all) {}

  public Trial {
    target = List.copyOf(target);
    require(argmax.length == generated.length, "a row of argmax a generated token", argmax.length, generated.length);
    require(mass == null || mass.length == generated.length, "a row of mass a generated token",
        mass == null ? 0 : mass.length, generated.length);
    require(windows == null || windows.length == layers, "a window a layer", windows == null ? 0 : windows.length,
        layers);
    for (int row = 0; row < generated.length; row++) {
      require(argmax[row].length == layers * heads, "one argmax a head", argmax[row].length, layers * heads);
    }
    for (var span : target) {
      require(span.end() <= prompt.length, "the target inside the prompt", span.end(), prompt.length);
    }
    require(!target.isEmpty(), "a span of the target", 0, 1);
  }

  private static void require(boolean holds, String what, int found, int wanted) {
    if (!holds) {
      throw new IllegalArgumentException("expected " + what + " but found " + found + " against " + wanted);
    }
  }

  /** The same trial with what the heads add to logits. */
  public Trial with(Contributions contributions) {
    return new Trial(layers, heads, prompt, target, generated, argmax, mass, answerRows, contributions, windows);
  }

  public int rows() {
    return generated.length;
  }

  /** n: tokens of the target in the prompt. */
  public int targetLength() {
    return target.stream().mapToInt(Span::length).sum();
  }

  /** The distinct tokens of the target. */
  public Set<Integer> targetTokens() {
    var tokens = new HashSet<Integer>();
    for (var span : target) {
      for (int i = span.start(); i < span.end(); i++) {
        tokens.add(prompt[i]);
      }
    }
    return tokens;
  }

  /** Whether the head's highest attention in this row lies on the target. */
  public boolean looksAtTarget(int row, int head) {
    int key = argmax[row][head];
    return target.stream().anyMatch(s -> s.start() <= key && key < s.end());
  }

  /** Whether the head's highest attention in this row lies on a token of the target that the row writes. */
  public boolean copies(int row, int head) {
    return looksAtTarget(row, head) && prompt[argmax[row][head]] == generated[row];
  }

  /** K: keys visible from the row in the layer of the head. */
  int visibleKeys(int row, int head) {
    int all = prompt.length + row;
    int window = windows == null ? 0 : windows[head / heads];
    return window == 0 ? all : Math.min(all, window);
  }

  /** Tokens of the target visible from the row in the layer of the head. */
  int visibleTarget(int row, int head) {
    int first = prompt.length + row - visibleKeys(row, head);
    return target.stream().mapToInt(s -> Math.max(0, s.end() - Math.max(first, s.start()))).sum();
  }

  /** Whether no row sees any of the target, because the layer's window ends behind it. */
  boolean isBlind(int head) {
    return visibleTarget(0, head) == 0;
  }
}
