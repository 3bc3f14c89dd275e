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
 * @param answer where the answer stands in the prompt, as token spans that do not overlap; at least one token in all
 * @param generated the greedy tokens, the one that ended the answer included
 * @param argmax (rows, layers * heads): the position of the key with the highest attention
 * @param mass (rows, layers * heads): attention mass on the answer's tokens, NaN where they cannot be seen; null unless
 *     the detector is {@link Detector#MASS}
 * @param answerRows the rows that write the answer, see {@link AnswerRows}; used by {@link Detector#MASS} only
 * @param windows (layers): how many keys a row of the layer sees, itself included; 0 for all. Null if all layers see
 *     all
 */
public record Trial(int layers, int heads, int[] prompt, List<Span> answer, int[] generated, int[][] argmax,
    float[][] mass, int[] answerRows, int[] windows) {

  public Trial {
    answer = List.copyOf(answer);
    require(argmax.length == generated.length, "a row of argmax a generated token", argmax.length, generated.length);
    require(mass == null || mass.length == generated.length, "a row of mass a generated token",
        mass == null ? 0 : mass.length, generated.length);
    require(windows == null || windows.length == layers, "a window a layer", windows == null ? 0 : windows.length,
        layers);
    for (int row = 0; row < generated.length; row++) {
      require(argmax[row].length == layers * heads, "one argmax a head", argmax[row].length, layers * heads);
    }
    for (var span : answer) {
      require(span.end() <= prompt.length, "the answer inside the prompt", span.end(), prompt.length);
    }
    require(!answer.isEmpty(), "a span of the answer", 0, 1);
  }

  private static void require(boolean holds, String what, int found, int wanted) {
    if (!holds) {
      throw new IllegalArgumentException("expected " + what + " but found " + found + " against " + wanted);
    }
  }

  public int rows() {
    return generated.length;
  }

  /** n: tokens of the answer in the prompt. */
  public int answerLength() {
    return answer.stream().mapToInt(s -> s.end() - s.start()).sum();
  }

  /** The distinct tokens of the answer. */
  public Set<Integer> answerTokens() {
    var tokens = new HashSet<Integer>();
    for (var span : answer) {
      for (int i = span.start(); i < span.end(); i++) {
        tokens.add(prompt[i]);
      }
    }
    return tokens;
  }

  /** Whether the head's highest attention in this row lies on a token of the answer that the row writes. */
  boolean copies(int row, int head) {
    int key = argmax[row][head];
    return answer.stream().anyMatch(s -> s.start() <= key && key < s.end()) && prompt[key] == generated[row];
  }

  /** K: keys visible from the row in the layer of the head. */
  int visibleKeys(int row, int head) {
    int all = prompt.length + row;
    int window = windows == null ? 0 : windows[head / heads];
    return window == 0 ? all : Math.min(all, window);
  }

  /** Whether no row sees any of the answer, because the layer's window ends behind it. */
  boolean isBlind(int head) {
    int firstVisible = prompt.length - visibleKeys(0, head);
    return answer.stream().allMatch(s -> s.end() <= firstVisible);
  }
}
