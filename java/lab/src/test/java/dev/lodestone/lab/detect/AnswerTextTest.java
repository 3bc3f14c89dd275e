package dev.lodestone.lab.detect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTextTest {
  private static final TokenSample SAMPLE =
      new TokenSample("a", new int[] {9, 4, 5, 4, 8}, null, List.of(new Span("needle", 1, 4)), null, null);

  private static double recall(int... generated) {
    return new AnswerText(null).recall(SAMPLE, SAMPLE.spans(), generated);
  }

  @Test
  void recallCountsATokenAsOftenAsTheAnswerHasIt() {
    assertEquals(1, recall(4, 5, 4));
    assertEquals(2 / 3.0, recall(4, 4, 4, 4));
    assertEquals(1 / 3.0, recall(5, 7));
    assertEquals(0, recall(9, 8));
  }

  @Test
  void rowsAreThoseThatWriteTheWholeAnswer() {
    var text = new AnswerText(null);
    assertArrayEquals(new int[] {2, 3, 4}, text.rows(SAMPLE, SAMPLE.spans(), new int[] {5, 7, 4, 5, 4, 4}));
    assertArrayEquals(new int[0], text.rows(SAMPLE, SAMPLE.spans(), new int[] {4, 5, 5}));
  }
}
