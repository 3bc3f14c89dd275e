package dev.lodestone.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Several series over one quantity, each with a band if it has one: training curves, knockout curves, emergence. */
public final class LineChart implements Figure {
  /** Points along x; the band is from low to high, both null without one. */
  private record Series(String name, double[] x, double[] y, double[] low, double[] high) {}

  private static final int MOST_MARKERS = 40; // of a series; more would be a blot

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Series> series = new ArrayList<>();
  private boolean logX;
  private boolean logY;

  public LineChart(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /** A logarithmic x axis; all x must be positive. */
  public LineChart logX() {
    logX = true;
    return this;
  }

  /** A logarithmic y axis; all y must be positive. */
  public LineChart logY() {
    logY = true;
    return this;
  }

  /** Points joined in their order; finite, as many y as x. */
  public LineChart series(String name, double[] x, double[] y) {
    return add(new Series(name, x.clone(), y.clone(), null, null));
  }

  /** With a band around it, such as the interval over random controls. */
  public LineChart series(String name, double[] x, double[] y, double[] low, double[] high) {
    return add(new Series(name, x.clone(), y.clone(), low.clone(), high.clone()));
  }

  private LineChart add(Series added) {
    Markup.require(added.x.length > 0, title, "series " + added.name + " expected points but found none");
    for (var values : Arrays.asList(added.y, added.low, added.high)) {
      Markup.require(values == null || values.length == added.x.length, title, "series " + added.name
          + " expected as many values as the " + added.x.length + " of x");
    }
    series.add(added);
    return this;
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public String svg() {
    Markup.require(!series.isEmpty(), title, "expected a series but found none");
    var svg = new Svg();
    var xs = finite(series.stream().map(s -> s.x));
    var ys = finite(series.stream().flatMap(s -> Stream.of(s.y, s.low, s.high).filter(Objects::nonNull)));
    Markup.require(!logX || Arrays.stream(xs).allMatch(v -> v > 0), title, "a logarithmic axis needs positive x");
    Markup.require(!logY || Arrays.stream(ys).allMatch(v -> v > 0), title, "a logarithmic axis needs positive y");
    List<Frame.Entry> legend = new ArrayList<>();
    for (int i = 0; i < series.size() && series.size() > 1; i++) {
      legend.add(new Frame.Entry(series.get(i).name, Palette.series(i), Palette.dashes(i)));
    }
    var frame = Frame.draw(svg, xLabel, xs, logX, yLabel, ys, logY, legend);
    for (int i = 0; i < series.size(); i++) {
      draw(svg, frame, series.get(i), i);
    }
    return svg.finish(frame.height(), title + ": " + yLabel + " against " + xLabel);
  }

  private void draw(Svg svg, Frame frame, Series s, int index) {
    if (s.low != null) {
      var band = new StringBuilder(path(frame, s.x, s.high));
      for (int i = s.x.length - 1; i >= 0; i--) {
        band.append('L').append(point(frame, s.x[i], s.low[i]));
      }
      svg.element("path", "d", band + "Z", "fill", Palette.series(index), "fill-opacity", 0.2);
    }
    svg.element("path", "d", path(frame, s.x, s.y), "fill", "none", "stroke", Palette.series(index), "stroke-width", 2,
        "stroke-linejoin", "round", "stroke-dasharray", Palette.dashes(index));
    for (int i = 0; i < s.x.length && s.x.length <= MOST_MARKERS; i++) {
      var band = s.low == null ? "" : " (" + Markup.number(s.low[i]) + " to " + Markup.number(s.high[i]) + ")";
      svg.titled(s.name + ", " + xLabel + " " + Markup.number(s.x[i]) + ": " + Markup.number(s.y[i]) + band, "circle",
          "cx", frame.x().at(s.x[i]), "cy", frame.y().at(s.y[i]), "r", 3, "fill", Palette.series(index));
    }
  }

  private static String path(Frame frame, double[] x, double[] y) {
    var path = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      path.append(i == 0 ? 'M' : 'L').append(point(frame, x[i], y[i]));
    }
    return path.toString();
  }

  private static String point(Frame frame, double x, double y) {
    return Markup.place(frame.x().at(x)) + " " + Markup.place(frame.y().at(y));
  }

  private double[] finite(Stream<double[]> parts) {
    var all = parts.flatMapToDouble(Arrays::stream).toArray();
    Markup.require(Arrays.stream(all).allMatch(Double::isFinite), title, "expected finite values");
    return all;
  }
}
