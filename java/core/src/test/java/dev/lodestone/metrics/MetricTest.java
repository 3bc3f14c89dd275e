package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricTest {
  @Test
  void parsesItsOwnNamesAndListsThemOtherwise() {
    for (var metric : Metric.values()) {
      assertEquals(metric, Metric.parse(metric.id()));
    }
    var e = assertThrows(LodestoneException.class, () -> Metric.parse("bleu"));
    assertTrue(e.getMessage().contains("best_subspan_em") && e.getMessage().contains("\"bleu\""), e.getMessage());
  }

  @Test
  void isZeroWithoutAnswers() {
    for (var metric : Metric.values()) {
      assertEquals(0, metric.score("anything", List.of()), metric.id());
    }
  }

  @Test
  void takesTheBestOfSeveralAnswers() {
    for (var metric : Metric.values()) {
      assertEquals(1, metric.score("Port Blair", List.of("Stanley", "port blair")), metric.id());
    }
  }

  @Test
  void stemsAWordOfAMillionLetters() {
    assertEquals(1_000_000, PorterStemmer.stem("y".repeat(1_000_000)).length());
  }
}
