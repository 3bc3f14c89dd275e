package dev.lodestone.heads;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Which generated tokens write the answer (Gema et al. 2026, arXiv 2607.01002). */
public final class AnswerRows {
  private AnswerRows() {}

  /** The first run of generated tokens that equals the answer's tokens; empty if there is none. */
  public static int[] byTokens(int[] generated, int[] answer) {
    for (int start = 0; answer.length > 0 && start + answer.length <= generated.length; start++) {
      if (Arrays.equals(generated, start, start + answer.length, answer, 0, answer.length)) {
        return IntStream.range(start, start + answer.length).toArray();
      }
    }
    return new int[0];
  }

  /**
   * The generated tokens whose characters touch the first place where the answer stands in the text, letter case aside;
   * empty if it does not.
   *
   * @param text the decoded tokens
   * @param ends for each token where its characters end in the text, that is the length of the text decoded up to it
   */
  public static int[] byText(String text, int[] ends, String answer) {
    int start = answer.isEmpty() ? -1 : indexIgnoringCase(text, answer);
    if (start < 0) {
      return new int[0];
    }
    int end = start + answer.length();
    return IntStream.range(0, ends.length).filter(i -> {
      int from = i == 0 ? 0 : ends[i - 1];
      return from < ends[i] && from < end && ends[i] > start;
    }).toArray();
  }

  private static int indexIgnoringCase(String text, String wanted) {
    for (int i = 0; i + wanted.length() <= text.length(); i++) {
      if (text.regionMatches(true, i, wanted, 0, wanted.length())) {
        return i;
      }
    }
    return -1;
  }
}
