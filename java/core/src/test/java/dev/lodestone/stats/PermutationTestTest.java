package dev.lodestone.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PermutationTestTest {
  // Five variants, as in the paper: recall and task score. Coefficients and counts by brute force in Python over
  // scipy.stats 1.17: of the 120 orders 7, 16 and 28 are as extreme.
  private static final double[] RECALL = {0.2, 0.4, 0.5, 0.7, 0.9};
  private static final double[] SCORE = {0.10, 0.35, 0.30, 0.60, 0.55};

  @ParameterizedTest
  @CsvSource({"PEARSON, 0.9121533311184823, 7", "SPEARMAN, 0.8, 16", "KENDALL, 0.6, 28"})
  void triesAll120OrdersOfFive(Correlation kind, double coefficient, int extreme) {
    var test = PermutationTest.of(kind, RECALL, SCORE, 0);
    assertEquals(coefficient, test.coefficient(), 1e-12);
    assertEquals(extreme / 120.0, test.p(), 1e-15);
    assertTrue(test.exact());
    assertEquals(120, test.permutations());
    assertTrue(test.interval().low() <= coefficient && coefficient <= test.interval().high(), test.toString());
  }

  @ParameterizedTest
  @EnumSource
  void ofFiveTheSmallestPIsTwoIn120(Correlation kind) {
    double[] x = {1, 2, 3, 4, 5};
    assertEquals(2 / 120.0, PermutationTest.of(kind, x, x, 0).p(), 1e-15);
    assertEquals(2 / 120.0, PermutationTest.of(kind, x, new double[] {5, 4, 3, 2, 1}, 0).p(), 1e-15);
  }

  @Test
  void tiedOrdersCountAsExtreme() {
    // y has 3 different orders of its 3! = 6 each twice; tau-b is 0.816, 0, -0.816, so 4 of 6 are as extreme.
    var test = PermutationTest.of(Correlation.KENDALL, new double[] {1, 2, 3}, new double[] {0, 0, 1}, 0);
    assertEquals(4 / 6.0, test.p(), 1e-15);
  }

  @Test
  void aboveNinePairsOrdersAreDrawn() {
    var random = new Random(3);
    var x = IntStream.range(0, 20).mapToDouble(i -> i).toArray();
    var noise = random.doubles(20).toArray();
    var strong = PermutationTest.of(Correlation.SPEARMAN, x, x, 1);
    assertFalse(strong.exact());
    assertEquals(1 / 10_000.0, strong.p(), 1e-15);
    assertTrue(strong.toString().contains("9999 random orders"), strong.toString());
    var none = PermutationTest.of(Correlation.SPEARMAN, x, noise, 1);
    assertTrue(none.p() > 0.05, none.toString());
    assertEquals(none, PermutationTest.of(Correlation.SPEARMAN, x, noise, 1));
  }

  @Test
  void whatDoesNotVaryHasNoTest() {
    var e = assertThrows(LodestoneException.class,
        () -> PermutationTest.of(Correlation.PEARSON, RECALL, new double[] {1, 1, 1, 1, 1}, 0));
    assertEquals("A correlation (pearson) is not defined for values that do not vary: all 5 are 1.0.", e.getMessage());
  }
}
