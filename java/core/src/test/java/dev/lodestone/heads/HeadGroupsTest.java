package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lodestone.LodestoneException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadGroupsTest {
  @Test
  void headsThatCannotBeJudgedAreLeftOutOfTheirGroup() {
    var scores = HeadScores.of(1, 4, Map.of("detector", "mass"), List.of(new double[] {1, 3, Double.NaN, 2},
        new double[] {5, 1, Double.NaN, Double.NaN}));
    var mean = HeadGroups.parse("mean").of(scores, 2);
    assertEquals(2, mean.heads());
    assertArrayEquals(new double[] {2, 3}, mean.scores(new Head(0, 0)));
    assertArrayEquals(new double[] {2, Double.NaN}, mean.scores(new Head(0, 1)));
    var max = HeadGroups.parse("max").of(scores, 2);
    assertArrayEquals(new double[] {3, 5}, max.scores(new Head(0, 0)));
    assertEquals("key-value", max.meta().get("heads"));
    assertEquals("mass", max.meta().get("detector"));
    assertThrows(LodestoneException.class, () -> HeadGroups.parse("sum"));
  }
}
