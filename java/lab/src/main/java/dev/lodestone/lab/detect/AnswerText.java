package dev.lodestone.lab.detect;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.heads.AnswerRows;
import dev.lodestone.metrics.Rouge;
import dev.lodestone.text.Tokenizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Compares what was generated with the answer of a sample: as text where the sample has one, else token by token.
 *
 * @param tokenizer null if no sample has text
 */
record AnswerText(Tokenizer tokenizer) {
  /** What was generated, for people. */
  String text(TokenSample sample, int[] generated) {
    return hasText(sample) ? tokenizer.decode(generated)
        : Arrays.stream(generated).mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }

  /** Share of the first answer's words that were generated (ROUGE-1 recall), or of the answer's tokens. */
  double recall(TokenSample sample, List<Span> answer, int[] generated) {
    return hasText(sample) ? Rouge.rouge1Recall(sample.text().answers().get(0), tokenizer.decode(generated))
        : tokenRecall(tokens(sample, answer), generated);
  }

  /** The generated tokens that write the answer. */
  int[] rows(TokenSample sample, List<Span> answer, int[] generated) {
    int[] rows = AnswerRows.byTokens(generated, tokens(sample, answer));
    if (rows.length > 0 || !hasText(sample)) {
      return rows;
    }
    int[] ends = new int[generated.length];
    Arrays.setAll(ends, i -> tokenizer.decode(Arrays.copyOf(generated, i + 1)).length());
    return AnswerRows.byText(tokenizer.decode(generated), ends, sample.text().answers().get(0));
  }

  private boolean hasText(TokenSample sample) {
    return tokenizer != null && sample.text() != null && !sample.text().answers().isEmpty();
  }

  /** The answer as it stands in the prompt. */
  private static int[] tokens(TokenSample sample, List<Span> answer) {
    return answer.stream().flatMapToInt(s -> Arrays.stream(sample.tokens(), s.start(), s.end())).toArray();
  }

  /** Clipped counts, as ROUGE counts words. */
  static double tokenRecall(int[] answer, int[] generated) {
    Map<Integer, Integer> left = new HashMap<>();
    for (int token : answer) {
      left.merge(token, 1, Integer::sum);
    }
    int common = 0;
    for (int token : generated) {
      if (left.merge(token, -1, Integer::sum) >= 0) {
        common++;
      }
    }
    return (double) common / answer.length;
  }
}
