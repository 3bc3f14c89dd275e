package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadScoresTest {
  private final HeadScores scores = HeadScores.of(2, 2, Map.of("model", "m"),
      List.of(new double[] {0.5, 1, 0.5, Double.NaN}, new double[] {0.5, 0, 0.5, Double.NaN},
          new double[] {0.5, 0.2, 0.5, Double.NaN}));

  @Test
  void meansAndStandardErrors() {
    assertEquals(0.4, scores.mean(new Head(0, 1)), 1e-15);
    // Sample variance (0.36 + 0.16 + 0.04) / 2 = 0.28, over 3 trials.
    assertEquals(Math.sqrt(0.28 / 3), scores.top(3).get(2).standardError(), 1e-15);
    assertEquals(0, scores.top(1).get(0).standardError());
    assertArrayEquals(new double[] {1, 0, 0.2}, scores.scores(new Head(0, 1)));
    assertEquals(3, scores.trials());
  }

  @Test
  void ranksTiesByIndexAndHeadsThatCannotBeJudgedLast() {
    var order = scores.top(9).stream().map(HeadScores.Ranked::head).toList();
    assertEquals(Head.parseList("0-0,1-0,0-1,1-1"), order);
    assertTrue(Double.isNaN(scores.mean(new Head(1, 1))));
    assertEquals(2, scores.above(0.4));
  }

  @Test
  void leavesTrialsOutThatCannotBeJudged() {
    var mixed = HeadScores.of(1, 1, Map.of(), List.of(new double[] {Double.NaN}, new double[] {0.25}));
    assertEquals(0.25, mixed.mean(new Head(0, 0)));
    assertTrue(Double.isNaN(mixed.top(1).get(0).standardError()));
  }

  @Test
  void hasNoMeanWithoutTrials() {
    var none = HeadScores.of(1, 2, Map.of(), List.of());
    assertTrue(Double.isNaN(none.mean(new Head(0, 1))));
    assertEquals(2, none.top(5).size());
  }

  @Test
  void refusesTrialsOfAnotherSize() {
    assertThrows(IllegalArgumentException.class, () -> HeadScores.of(2, 2, Map.of(), List.of(new double[3])));
    assertThrows(IllegalArgumentException.class, () -> scores.mean(new Head(2, 0)));
  }

  @Test
  void poolsQueryHeadsIntoKeyValueHeads() {
    var four = HeadScores.of(1, 4, Map.of(), List.of(new double[] {0.2, 0.4, Double.NaN, 0.1},
        new double[] {0.6, 0, Double.NaN, Double.NaN}));
    var max = four.pooled(2, HeadScores.Pooling.MAX);
    assertArrayEquals(new double[] {0.4, 0.6}, max.scores(new Head(0, 0)));
    assertEquals("key-value, max of 2", max.meta().get("heads"));
    assertArrayEquals(new double[] {0.1, Double.NaN}, max.scores(new Head(0, 1)));
    assertArrayEquals(new double[] {0.3, 0.1}, four.pooled(2, HeadScores.Pooling.MEAN).means(), 1e-15);
    var e = assertThrows(LodestoneException.class, () -> four.pooled(3, HeadScores.Pooling.MEAN));
    assertEquals("Expected key-value heads that divide the 4 heads of a layer evenly but found 3.", e.getMessage());
  }
}
