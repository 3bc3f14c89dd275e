package dev.lodestone.report;

import java.util.List;

/** The ground of a chart with two axes: lines at the ticks, numbers, what the axes show, a legend above. */
record Frame(Axis x, Axis y, double height) {
  private static final double LABEL = 26; // room for what the y axis shows
  private static final double LEFT = 58; // or more, where the numbers of the y axis are wide
  private static final double RIGHT = Svg.WIDTH - 14;
  private static final double PLOT = 230; // height of the plot
  private static final double BELOW = 44;
  private static final double LEGEND_LINE = 18;
  private static final double SWATCH = 30;

  /** An entry of the legend; drawn as a line with dashes. */
  record Entry(String name, String colour, String dashes) {}

  /** Draws the ground over the range of these values. */
  static Frame draw(Svg svg, String xLabel, double[] xs, boolean logX, String yLabel, double[] ys, boolean logY,
      List<Entry> legend) {
    double top = 12 + legend(svg, legend);
    double bottom = top + PLOT;
    var y = logY ? Axis.log(ys, bottom, top) : Axis.linear(ys, bottom, top);
    double widest = y.ticks().stream().mapToDouble(tick -> Svg.width(Markup.number(tick))).max().orElse(0);
    double left = Math.max(LEFT, LABEL + widest + 6);
    var x = logX ? Axis.log(xs, left, RIGHT) : Axis.linear(xs, left, RIGHT);
    for (double tick : y.ticks()) {
      svg.element("line", "x1", left, "x2", RIGHT, "y1", y.at(tick), "y2", y.at(tick), "stroke", "currentColor",
          "stroke-opacity", 0.15);
      svg.text(Markup.number(tick), left - 6, y.at(tick) + 4, "end");
    }
    for (double tick : x.ticks()) {
      svg.element("line", "x1", x.at(tick), "x2", x.at(tick), "y1", top, "y2", bottom + 4, "stroke", "currentColor",
          "stroke-opacity", 0.15);
      svg.text(Markup.number(tick), x.at(tick), bottom + 17, tick == x.high() ? "end" : "middle");
    }
    svg.element("path", "d", "M" + Markup.place(left) + " " + Markup.place(top) + "V" + Markup.place(bottom) + "H"
        + Markup.place(RIGHT), "fill", "none", "stroke", "currentColor", "stroke-opacity", 0.6);
    svg.text(Svg.fitted(xLabel, Svg.WIDTH - 80), (left + RIGHT) / 2, bottom + 36, "middle");
    svg.vertical(Svg.fitted(yLabel, PLOT), 14, (top + bottom) / 2);
    return new Frame(x, y, bottom + BELOW);
  }

  /** Wraps the entries into lines and returns the height that they take. */
  private static double legend(Svg svg, List<Entry> entries) {
    double x = LEFT;
    double y = 14;
    for (var entry : entries) {
      String name = Svg.fitted(entry.name, RIGHT - LEFT - SWATCH);
      double width = SWATCH + Svg.width(name) + 16;
      if (x > LEFT && x + width > RIGHT) {
        x = LEFT;
        y += LEGEND_LINE;
      }
      svg.element("line", "x1", x, "x2", x + SWATCH - 6, "y1", y - 4, "y2", y - 4, "stroke", entry.colour,
          "stroke-width", 2.5, "stroke-dasharray", entry.dashes);
      svg.text(name, x + SWATCH, y, "start");
      x += width;
    }
    return entries.isEmpty() ? 0 : y;
  }
}
