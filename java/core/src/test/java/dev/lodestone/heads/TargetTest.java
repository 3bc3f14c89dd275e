package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetTest {
  private static TokenSample sample(Span... spans) {
    return new TokenSample("s", new int[30], null, List.of(spans), null, null);
  }

  @Test
  void intermediateDocumentsAreThoseOfEarlierHops() {
    var sample = sample(new Span("hop:3", 20, 25), new Span("hop:1", 9, 12), new Span("hop:2", 2, 4),
        new Span("hop:x", 0, 1));
    assertEquals(List.of(new Span("hop:2", 2, 4), new Span("hop:1", 9, 12)), Target.INTERMEDIATE.of(sample));
    var e = assertThrows(LodestoneException.class, () -> Target.INTERMEDIATE.of(sample(new Span("hop:1", 1, 2))));
    assertTrue(e.getMessage().contains("s") && e.getMessage().contains("hop:1"), e.getMessage());
  }

  @Test
  void theBodyOfADocumentBeginsBehindItsNumber() {
    var sample = sample(new Span("needle", 2, 9), new Span("citation", 3, 4), new Span("needle", 20, 22));
    assertEquals(List.of(new Span("needle", 4, 9), new Span("needle", 20, 22)), Target.BODY.of(sample));
    assertEquals(List.of(new Span("citation", 3, 4)), Target.CITATION.of(sample));
  }

  @Test
  void answersOutsideGoldDocumentsAreNoGoldAnswers() {
    var sample = sample(new Span("answer", 1, 3), new Span("needle", 5, 9), new Span("answer", 6, 8));
    assertEquals(List.of(new Span("answer", 6, 8)), Target.GOLD_ANSWER.of(sample));
    assertEquals(2, Target.ANSWER.of(sample).size());
    assertEquals(List.of(new Span("needle", 5, 9)), Target.GOLD.of(sample));
  }

  @Test
  void overlappingSpansCountOnce() {
    var sample = sample(new Span("needle", 5, 9), new Span("needle", 2, 6), new Span("needle", 9, 10));
    assertEquals(List.of(new Span("needle", 2, 9), new Span("needle", 9, 10)), Target.ANSWER.of(sample));
  }
}
