package dev.lodestone.report;

import dev.lodestone.stats.Descriptive;
import dev.lodestone.stats.Regression;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Labelled points with the regression line and its 95 % band: head recall against task score. */
public final class Scatter implements Figure {
  private record Point(String label, double x, double y) {}

  private record Box(double left, double top, double right, double bottom) {
    double overlap(Box other) {
      double width = Math.min(right, other.right) - Math.max(left, other.left);
      double height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      return width > 0 && height > 0 ? width * height : 0;
    }
  }

  private static final double LEVEL = 0.95;
  private static final int BAND_POINTS = 40;
  private static final double RADIUS = 5;
  private static final double LONGEST_LABEL = 170; // half the plot; the tooltip has all of it

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Point> points = new ArrayList<>();

  public Scatter(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /** A point and what stands beside it. */
  public Scatter point(String label, double x, double y) {
    Markup.require(Double.isFinite(x) && Double.isFinite(y), title, "expected finite values but found " + x + " and "
        + y + " for " + label);
    points.add(new Point(label, x, y));
    return this;
  }

  @Override
  public String title() {
    return title;
  }

  /** With the line and its band where three points or more differ in x. */
  @Override
  public String svg() {
    Markup.require(!points.isEmpty(), title, "expected points but found none");
    var x = all(Point::x);
    var y = all(Point::y);
    var svg = new Svg();
    var frame = Frame.draw(svg, xLabel, x, false, yLabel, y, false, List.of());
    if (points.size() >= 3 && Descriptive.varies(x)) {
      drawLine(svg, frame, Regression.of(x, y));
    }
    List<Box> taken = new ArrayList<>();
    for (var p : points) {
      double cx = frame.x().at(p.x);
      double cy = frame.y().at(p.y);
      taken.add(new Box(cx - RADIUS, cy - RADIUS, cx + RADIUS, cy + RADIUS));
    }
    points.forEach(p -> drawLabel(svg, frame, p, taken));
    for (var p : points) { // on top of the labels
      svg.titled(p.label + ": " + xLabel + " " + Markup.number(p.x) + ", " + yLabel + " " + Markup.number(p.y),
          "circle", "cx", frame.x().at(p.x), "cy", frame.y().at(p.y), "r", RADIUS, "fill", Palette.series(0));
    }
    return svg.finish(frame.height(), title + ": " + yLabel + " against " + xLabel);
  }

  private void drawLine(Svg svg, Frame frame, Regression line) {
    double low = frame.x().low();
    double step = (frame.x().high() - low) / BAND_POINTS;
    var upper = new StringBuilder();
    var lower = new StringBuilder();
    for (int i = 0; i <= BAND_POINTS; i++) {
      double x = low + i * step;
      var band = line.band(x, LEVEL);
      upper.append(i == 0 ? "M" : "L").append(place(frame, x, band.high()));
      lower.insert(0, "L" + place(frame, x, band.low()));
    }
    svg.element("path", "d", upper + lower.toString() + "Z", "fill", Palette.series(1), "fill-opacity", 0.15);
    var ends = clipped(line, frame);
    svg.titled("y = " + Markup.number(line.intercept()) + " + " + Markup.number(line.slope()) + " x, r² "
        + Markup.number(line.r2()), "path", "d", "M" + place(frame, ends[0], line.at(ends[0])) + "L"
        + place(frame, ends[1], line.at(ends[1])), "fill", "none", "stroke", Palette.series(1), "stroke-width", 2);
  }

  /** The part of the line inside the plot. */
  private static double[] clipped(Regression line, Frame frame) {
    double low = frame.x().low();
    double high = frame.x().high();
    if (line.slope() != 0) {
      double a = (frame.y().low() - line.intercept()) / line.slope();
      double b = (frame.y().high() - line.intercept()) / line.slope();
      low = Math.max(low, Math.min(a, b));
      high = Math.min(high, Math.max(a, b));
    }
    return new double[] {low, high};
  }

  /** The band may leave the plot; it ends at its edge. */
  private static String place(Frame frame, double x, double y) {
    double inside = Math.max(frame.y().low(), Math.min(frame.y().high(), y));
    return Markup.place(frame.x().at(x)) + " " + Markup.place(frame.y().at(inside));
  }

  /** To the right, left, above or below, wherever it covers least of what is there. */
  private static void drawLabel(Svg svg, Frame frame, Point p, List<Box> taken) {
    double x = frame.x().at(p.x);
    double y = frame.y().at(p.y);
    String label = Svg.fitted(p.label, LONGEST_LABEL);
    double width = Svg.width(label);
    double height = Svg.FONT_SIZE;
    Box best = null;
    double least = Double.POSITIVE_INFINITY;
    for (var at : new double[][] {{x + 9, y - 7}, {x - 9 - width, y - 7}, {x - width / 2, y - 22},
        {x - width / 2, y + 8}, {x + 9, y - 20}, {x + 9, y + 6}, {x - 9 - width, y - 20}, {x - 9 - width, y + 6}}) {
      var box = new Box(at[0], at[1], at[0] + width, at[1] + height);
      double cost = taken.stream().mapToDouble(box::overlap).sum()
          + 50 * Math.max(0, Math.max(box.right - frame.x().to(), frame.x().from() - box.left))
          + 50 * Math.max(0, Math.max(frame.y().to() - box.top, box.bottom - frame.y().from()));
      if (cost < least) {
        least = cost;
        best = box;
      }
    }
    taken.add(best);
    // A rim of the page's own ground keeps the label readable on the line.
    svg.text(label, best.left, best.bottom - 2, "start", "style",
        "paint-order:stroke;stroke:var(--panel,none);stroke-width:3px;stroke-linejoin:round");
  }

  private double[] all(ToDoubleFunction<Point> part) {
    return points.stream().mapToDouble(part).toArray();
  }
}
