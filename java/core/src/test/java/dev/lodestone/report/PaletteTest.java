package dev.lodestone.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PaletteTest {
  /** Relative luminance of WCAG 2.2. */
  private static double luminance(String colour) {
    String hex = colour.length() == 4 ? colour.replaceAll("([0-9a-f])", "$1$1") : colour;
    double sum = 0;
    double[] weights = {0.2126, 0.7152, 0.0722};
    for (int i = 0; i < 3; i++) {
      double c = Integer.parseInt(hex.substring(1 + 2 * i, 3 + 2 * i), 16) / 255.0;
      sum += weights[i] * (c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
  }

  private static double contrast(String a, String b) {
    double x = luminance(a);
    double y = luminance(b);
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }

  @Test
  void numbersAreReadableOnEveryStep() {
    for (int step = 0; step <= Palette.LAST_STEP; step++) {
      double contrast = contrast(Palette.colour(step), Palette.inkOn(step));
      assertTrue(contrast >= 4.3, step + ": " + contrast);
    }
  }

  @Test
  void stepsGrowDarkerOneByOne() {
    for (int step = 1; step <= Palette.LAST_STEP; step++) {
      assertTrue(luminance(Palette.colour(step)) < luminance(Palette.colour(step - 1)), "step " + step);
    }
    assertEquals("#ffffd9", Palette.colour(0));
    assertEquals("#081d58", Palette.colour(Palette.LAST_STEP));
  }

  @Test
  void seriesStandOutOnBothGrounds() {
    for (int i = 0; i < 4; i++) { // as many lines as a chart should have; the two lighter ones are weak on white
      for (var ground : new String[] {"#f6f7f8", "#1b1f24"}) {
        assertTrue(contrast(Palette.series(i), ground) >= 2.6, i + " on " + ground + ": "
            + contrast(Palette.series(i), ground));
      }
    }
  }

  @Test
  void twoTimesAsManyLinesAsColoursDiffer() {
    var looks = IntStream.range(0, 12).mapToObj(i -> Palette.series(i) + " " + Palette.dashes(i)).distinct().toList();
    assertEquals(12, looks.size());
  }
}
