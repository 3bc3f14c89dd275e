package dev.lodestone.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  @Test
  void ofManyValuesItIsTheNormalInterval() {
    var random = new Random(7);
    var values = random.doubles(400).toArray();
    double mean = Descriptive.mean(values);
    double half = 1.96 * Descriptive.standardError(values);
    var interval = Bootstrap.mean(values, 0);
    assertEquals(mean - half, interval.low(), 0.1 * half);
    assertEquals(mean + half, interval.high(), 0.1 * half);
    assertEquals(0.95, interval.level());
  }

  @Test
  void holdsTheTruthAboutAsOftenAsItSays() {
    var random = new Random(11);
    int held = 0;
    for (int study = 0; study < 200; study++) {
      var interval = Bootstrap.mean(random.doubles(40).toArray(), study);
      held += interval.low() <= 0.5 && 0.5 <= interval.high() ? 1 : 0;
    }
    assertTrue(held >= 180 && held <= 198, held + " of 200"); // 190 expected, standard deviation 3
  }

  @Test
  void theSeedDecides() {
    double[] values = {1, 2, 4, 8, 16};
    assertEquals(Bootstrap.mean(values, 5), Bootstrap.mean(values, 5));
    assertNotEquals(Bootstrap.mean(values, 5), Bootstrap.mean(values, 6));
  }

  @Test
  void resamplesThatDoNotVaryAreDrawnAgain() {
    double[] x = {0, 0, 0, 0, 1}; // a third of the resamples are all 0
    double[] y = {1, 2, 3, 4, 9};
    var interval = Bootstrap.correlation(Correlation.PEARSON, x, y, 0);
    assertTrue(interval.low() > 0.5 && interval.high() <= 1, interval.toString());
  }

  @Test
  void refusesEmptyAndConstantSamples() {
    assertThrows(LodestoneException.class, () -> Bootstrap.mean(new double[0], 0));
    assertThrows(LodestoneException.class,
        () -> Bootstrap.correlation(Correlation.KENDALL, new double[] {1, 1}, new double[] {1, 2}, 0));
  }
}
