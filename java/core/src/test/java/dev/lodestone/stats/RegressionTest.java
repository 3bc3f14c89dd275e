package dev.lodestone.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegressionTest {
  @Test
  void firstSetOfAnscombe() {
    // Anscombe 1973, "Graphs in statistical analysis": y = 3.0 + 0.5 x, r2 = 0.667, standard error of b 0.118.
    double[] x = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
    double[] y = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
    var line = Regression.of(x, y);
    assertEquals(0.5000909, line.slope(), 1e-7);
    assertEquals(3.0000909, line.intercept(), 1e-7);
    assertEquals(0.6665425, line.r2(), 1e-7);
    assertEquals(0.118, line.error() / Math.sqrt(line.spreadX()), 5e-4);
    // numpy and scipy.stats.t 1.17 over the textbook formula.
    var band = line.band(14, 0.95);
    assertEquals(8.423422265226610, band.low(), 1e-9);
    assertEquals(11.579305007500666, band.high(), 1e-9);
    assertTrue(line.band(9, 0.95).high() - line.at(9) < band.high() - line.at(14));
  }

  @ParameterizedTest
  @CsvSource({"0.95, 1, 12.706", "0.95, 2, 4.303", "0.95, 3, 3.182", "0.95, 8, 2.306", "0.95, 30, 2.042",
    "0.99, 3, 5.841", "0.90, 10, 1.812"})
  void quantilesOfTheTable(double level, int degrees, double t) {
    assertEquals(t, StudentT.twoSided(level, degrees), 5e-4);
  }

  @Test
  void aLineThroughAllPointsHasNoBand() {
    var line = Regression.of(new double[] {0, 1, 2}, new double[] {1, 3, 5});
    assertEquals(new Interval(7, 7, 0.95), line.band(3, 0.95));
    assertEquals(1, line.r2());
  }

  @Test
  void refusesTooFewPairsAndConstantX() {
    assertThrows(LodestoneException.class, () -> Regression.of(new double[2], new double[2]));
    var e = assertThrows(LodestoneException.class, () -> Regression.of(new double[] {1, 1, 1}, new double[] {1, 2, 3}));
    assertTrue(e.getMessage().contains("does not vary: all 3 are 1.0"), e.getMessage());
  }
}
