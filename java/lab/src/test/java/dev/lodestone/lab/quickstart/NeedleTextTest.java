package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NeedleTextTest {
  @ParameterizedTest
  @ValueSource(ints = {64, 512})
  void theAnswerStandsOnceAndTheCueIsWhatStandsBeforeIt(int length) {
    for (TokenSample trial : NeedleText.trials(40, length, 2)) {
      int[] prompt = trial.tokens();
      assertEquals(length - NeedleText.ANSWER, prompt.length);
      Span answer = trial.spans().get(0);
      assertEquals(NeedleText.ANSWER, answer.end() - answer.start());
      for (int i = 0; i < NeedleText.CUE; i++) {
        int cue = prompt[prompt.length - NeedleText.CUE + i];
        assertEquals(prompt[answer.start() - NeedleText.CUE + i], cue);
        assertEquals(2, Arrays.stream(prompt).filter(t -> t == cue).count());
      }
      for (int i = answer.start(); i < answer.end(); i++) {
        int token = prompt[i];
        assertEquals(1, Arrays.stream(prompt).filter(t -> t == token).count());
      }
    }
  }

  @Test
  void needlesStandAtAnyDepth() {
    Set<Integer> starts = new HashSet<>();
    NeedleText.trials(2_000, 64, 5).forEach(trial -> starts.add(trial.spans().get(0).start()));
    assertTrue(starts.contains(NeedleText.CUE), "none at the very beginning");
    assertTrue(starts.contains(64 - 2 * NeedleText.ANSWER - NeedleText.CUE), "none right before the cue");
    assertEquals(45, starts.size()); // a haystack of 44 tokens has 45 places
  }
}
