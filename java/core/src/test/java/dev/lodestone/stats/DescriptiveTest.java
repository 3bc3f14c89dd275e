package dev.lodestone.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import org.junit.jupiter.api.Test;

class DescriptiveTest {
  @Test
  void meanAndItsStandardError() {
    double[] values = {2, 4, 4, 4, 5, 5, 7, 9}; // squared distances from 5 sum to 32
    assertEquals(5, Descriptive.mean(values));
    assertEquals(Math.sqrt(32 / 7.0 / 8), Descriptive.standardError(values), 1e-15);
    assertEquals(0, Descriptive.standardError(new double[] {3, 3}));
  }

  @Test
  void quantilesLieBetweenOrderStatistics() {
    double[] values = {40, 10, 30, 20};
    assertEquals(10, Descriptive.quantile(values, 0));
    assertEquals(25, Descriptive.quantile(values, 0.5));
    assertEquals(17.5, Descriptive.quantile(values, 0.25)); // 0.75 of the way from 10 to 20
    assertEquals(40, Descriptive.quantile(values, 1));
    assertThrows(IllegalArgumentException.class, () -> Descriptive.quantile(values, 1.1));
  }

  @Test
  void refusesWhatHasNoAnswer() {
    assertThrows(LodestoneException.class, () -> Descriptive.mean(new double[0]));
    assertThrows(LodestoneException.class, () -> Descriptive.mean(new double[] {1, Double.NaN}));
    var e = assertThrows(LodestoneException.class, () -> Descriptive.standardError(new double[] {1}));
    assertEquals("Expected two values or more for a standard error but found 1.", e.getMessage());
  }

  @Test
  void varies() {
    assertTrue(Descriptive.varies(new double[] {1, 1, 2}));
    assertFalse(Descriptive.varies(new double[] {0.0, -0.0}));
  }
}
