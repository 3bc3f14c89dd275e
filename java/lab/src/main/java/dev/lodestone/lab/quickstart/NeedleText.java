package dev.lodestone.lab.quickstart;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Trials of retrieval: a needle of 10 random tokens somewhere among random tokens, whose first two come again at the end
 * of the prompt. The answer is the needle's other eight.
 */
final class NeedleText {
  static final int CUE = 2;
  static final int ANSWER = 8;

  private NeedleText() {}

  /** {@code count} prompts with {@code length} tokens from their first to the last of the answer, which is left out. */
  static List<TokenSample> trials(int count, int length, long seed) {
    var random = new Random(seed);
    int prompt = length - ANSWER;
    var trials = new ArrayList<TokenSample>(count);
    for (int i = 0; i < count; i++) {
      int[] tokens = random.ints(prompt, 0, TinyModel.VOCABULARY).toArray();
      int needle = random.nextInt(prompt - 2 * CUE - ANSWER + 1); // ends before the cue
      System.arraycopy(tokens, needle, tokens, prompt - CUE, CUE);
      var answer = new Span("answer", needle + CUE, needle + CUE + ANSWER);
      trials.add(new TokenSample("needle-%d-%d".formatted(length, i), tokens, null, List.of(answer), null, null));
    }
    return trials;
  }
}
