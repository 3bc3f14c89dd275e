package dev.lodestone.stats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CorrelationTest {
  @Test
  void workedExampleOfWikipedia() {
    // "Spearman's rank correlation coefficient", IQ against hours of TV: d^2 = 194, rho = 1 - 6 * 194 / 990 = -29/165.
    double[] iq = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    double[] hours = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    assertEquals(-29 / 165.0, Correlation.SPEARMAN.of(iq, hours), 1e-15);
    // 20 of the 45 pairs agree.
    assertEquals((20 - 25) / 45.0, Correlation.KENDALL.of(iq, hours), 1e-15);
  }

  @Test
  void ties() {
    double[] x = {1, 2, 2, 3, 4, 4, 4, 5};
    double[] y = {1, 3, 2, 2, 5, 4, 4, 4};
    assertArrayEquals(new double[] {1, 2.5, 2.5, 4, 6, 6, 6, 8}, Correlation.ranks(x));
    // scipy.stats 1.17: pearsonr, spearmanr, kendalltau (tau-b).
    assertEquals(0.8446601941747574, Correlation.PEARSON.of(x, y), 1e-14);
    assertEquals(0.8417721518987343, Correlation.SPEARMAN.of(x, y), 1e-14);
    assertEquals(0.7083333333333335, Correlation.KENDALL.of(x, y), 1e-14);
  }

  @Test
  void bothZerosAreOneValue() {
    assertArrayEquals(new double[] {1.5, 1.5, 3}, Correlation.ranks(new double[] {0.0, -0.0, 1}));
    double[] x = {0.0, -0.0, 1};
    assertEquals(1, Correlation.KENDALL.of(x, x));
  }

  @ParameterizedTest
  @EnumSource
  void refusesWhatHasNoCoefficient(Correlation kind) {
    double[] two = {1, 2};
    assertThrows(LodestoneException.class, () -> kind.of(two, new double[] {3, 3}));
    assertThrows(LodestoneException.class, () -> kind.of(two, new double[] {3, Double.NaN}));
    assertThrows(LodestoneException.class, () -> kind.of(two, new double[] {1, 2, 3}));
    assertThrows(LodestoneException.class, () -> kind.of(new double[] {1}, new double[] {1}));
    var e = assertThrows(LodestoneException.class, () -> kind.of(new double[0], new double[0]));
    assertTrue(e.getMessage().contains("two pairs"), e.getMessage());
  }
}
