package dev.lodestone.lab.quickstart;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trials of retrieval: a needle of 10 tokens stands once somewhere in a haystack ({@link SnippetText} over the other
 * tokens), and its first two come again at the end of the prompt. The answer is the needle's other eight.
 */
final class NeedleText {
  static final int CUE = 2;
  static final int ANSWER = 8;

  private NeedleText() {}

  /** {@code count} prompts with {@code length} tokens from their first to the last of the answer, which is left out. */
  static List<TokenSample> trials(int count, int length, long seed) {
    var random = new Random(seed);
    int[] vocabulary = IntStream.range(0, TinyModel.VOCABULARY).toArray();
    var trials = new ArrayList<TokenSample>(count);
    for (int i = 0; i < count; i++) {
      SnippetText.shuffle(vocabulary, random);
      int[] needle = Arrays.copyOf(vocabulary, CUE + ANSWER);
      int[] others = Arrays.copyOfRange(vocabulary, needle.length, vocabulary.length);
      int[] haystack = SnippetText.tokens(length - ANSWER - CUE - needle.length, others, random);
      int depth = random.nextInt(haystack.length + 1);
      int[] prompt = new int[length - ANSWER];
      System.arraycopy(haystack, 0, prompt, 0, depth);
      System.arraycopy(needle, 0, prompt, depth, needle.length);
      System.arraycopy(haystack, depth, prompt, depth + needle.length, haystack.length - depth);
      System.arraycopy(needle, 0, prompt, prompt.length - CUE, CUE);
      var answer = new Span("answer", depth + CUE, depth + needle.length);
      trials.add(new TokenSample("needle-%d-%d".formatted(length, i), prompt, null, List.of(answer), null, null));
    }
    return trials;
  }
}
