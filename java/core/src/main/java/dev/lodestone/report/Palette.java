package dev.lodestone.report;

import java.util.Locale;

/** Colours that stay apart under the common colour-vision deficiencies, in print and on light and dark grounds. */
final class Palette {
  /** Steps of the sequential scale less one. */
  static final int LAST_STEP = 32;

  private static final int LAST_LIGHT = 21; // the last step on which black is clearer than white

  // Okabe and Ito 2008, "Color Universal Design", without black and yellow, which vanish on one of the grounds.
  private static final String[] SERIES = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"};
  private static final String[] DASHES = {"", "7 3", "2 3", "9 3 2 3", "12 4", "4 2"};

  // YlGnBu of ColorBrewer (Harrower and Brewer 2003, Apache-2.0), colour-blind safe; its low end is near white.
  private static final int[] SEQUENTIAL =
      {0xffffd9, 0xedf8b1, 0xc7e9b4, 0x7fcdbb, 0x41b6c4, 0x1d91c0, 0x225ea8, 0x253494, 0x081d58};

  private Palette() {}

  static String series(int index) {
    return SERIES[index % SERIES.length];
  }

  /** Lines differ in their dashes too, for print in grey; where colours come again, their dashes are others. */
  static String dashes(int index) {
    return DASHES[(index + index / SERIES.length) % DASHES.length];
  }

  /** The fill of a step; the page may turn the scale round, see {@link #darkVariables}. */
  static String fill(int step) {
    return "var(--q" + step + "," + colour(step) + ")";
  }

  /** Text on that step. */
  static String ink(int step) {
    return "var(--i" + step + "," + inkOn(step) + ")";
  }

  /** CSS of the scale for a dark ground, where low values are dark: what is high stands out on both. */
  static String darkVariables() {
    var css = new StringBuilder();
    for (int step = 0; step <= LAST_STEP; step++) {
      css.append("--q%d:%s;--i%d:%s;".formatted(step, colour(LAST_STEP - step), step, inkOn(LAST_STEP - step)));
    }
    return css.toString();
  }

  /** White only where it is clearer than black. */
  static String inkOn(int step) {
    return step > LAST_LIGHT ? "#fff" : "#111";
  }

  static String colour(int step) {
    double at = (double) step / LAST_STEP * (SEQUENTIAL.length - 1);
    int below = Math.min((int) at, SEQUENTIAL.length - 2);
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int low = SEQUENTIAL[below] >> shift & 0xff;
      int high = SEQUENTIAL[below + 1] >> shift & 0xff;
      mixed |= (int) Math.round(low + (at - below) * (high - low)) << shift;
    }
    return String.format(Locale.ROOT, "#%06x", mixed);
  }
}
