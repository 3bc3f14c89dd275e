package dev.lodestone.report;

import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadScores;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Values on a grid as colours, with their scale below. NaN is an empty cell.
 *
 * @param xLabel what the columns are, such as layer
 * @param columns names of the columns
 * @param values (rows, columns), the first row on top
 * @param details (rows, columns): the tooltip of each cell
 * @param valueLabel what the colours show
 * @param low the value of the lowest colour
 * @param high the value of the highest colour
 * @param printed whether cells show their number, for few cells
 */
public record HeatMap(String title, String xLabel, String yLabel, List<String> columns, List<String> rows,
    double[][] values, String[][] details, String valueLabel, double low, double high, boolean printed)
    implements Figure {
  private static final double LEFT = 44;
  private static final double TOP = 6;
  private static final double LARGEST_CELL = 26;
  private static final double SCALE_STEP = 5; // width of a colour in the scale

  public HeatMap {
    Markup.require(!columns.isEmpty() && !rows.isEmpty(), title, "expected cells but found none");
    Markup.require(values.length == rows.size() && Arrays.stream(values).allMatch(r -> r.length == columns.size()),
        title, "expected " + rows.size() + " rows of " + columns.size() + " values");
    Markup.require(Double.isFinite(low) && Double.isFinite(high) && low < high, title,
        "expected a scale from low to high but found " + low + " to " + high);
  }

  /** Mean scores, layers across and heads down; the scale is from 0, or the lowest mean below it, to the highest. */
  public static HeatMap ofHeads(String title, HeadScores scores) {
    double lowest = Math.min(0, finite(scores.means()).min().orElse(0));
    double highest = finite(scores.means()).max().orElse(1);
    return ofHeads(title, scores, lowest, highest > lowest ? highest : lowest + 1);
  }

  /** The same on a given scale, so that several maps can be compared. */
  public static HeatMap ofHeads(String title, HeadScores scores, double low, double high) {
    var values = new double[scores.heads()][scores.layers()];
    var details = new String[scores.heads()][scores.layers()];
    for (var ranked : scores.top(scores.layers() * scores.heads())) {
      Head head = ranked.head();
      values[head.head()][head.layer()] = ranked.mean();
      details[head.head()][head.layer()] = "layer " + head.layer() + ", head " + head.head() + ": "
          + Markup.number(ranked.mean()) + (Double.isNaN(ranked.standardError()) ? ""
              : " ± " + Markup.number(ranked.standardError()));
    }
    return new HeatMap(title, "layer", "head", numbers(scores.layers()), numbers(scores.heads()), values, details,
        "mean score", low, high, false);
  }

  private static DoubleStream finite(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite);
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  @Override
  public String svg() {
    double left = Math.max(LEFT, rows.stream().mapToDouble(Svg::width).max().orElse(0) + 34);
    double room = (Svg.WIDTH - left - 4) / columns.size();
    double width = printed ? Math.min(64, room) : Math.min(LARGEST_CELL, room);
    double height = printed ? LARGEST_CELL : width;
    var svg = new Svg();
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < columns.size(); c++) {
        drawCell(svg, r, c, left + c * width, TOP + r * height, width, height);
      }
    }
    double bottom = TOP + rows.size() * height;
    int everyRow = every(16 / height);
    for (int r = 0; r < rows.size(); r += everyRow) {
      svg.text(rows.get(r), left - 6, TOP + (r + 0.5) * height + 4, "end");
    }
    int everyColumn = every((columns.stream().mapToDouble(Svg::width).max().orElse(0) + 6) / width);
    for (int c = 0; c < columns.size(); c += everyColumn) {
      svg.text(columns.get(c), left + (c + 0.5) * width, bottom + 15, "middle");
    }
    svg.text(xLabel, left + columns.size() * width / 2, bottom + 33, "middle");
    svg.vertical(yLabel, 14, (TOP + bottom) / 2);
    drawScale(svg, left, bottom + 46);
    return svg.finish(bottom + 78, title + ": " + valueLabel + " by " + xLabel + " and " + yLabel);
  }

  private void drawCell(Svg svg, int row, int column, double x, double y, double width, double height) {
    double value = values[row][column];
    double gap = Math.min(1, width / 12);
    Object[] box = {"x", x + gap / 2, "y", y + gap / 2, "width", width - gap, "height", height - gap};
    if (Double.isNaN(value)) {
      svg.titled(details[row][column], "rect", with(box, "fill", "none", "stroke", "currentColor",
          "stroke-opacity", 0.3, "stroke-dasharray", "2 2"));
      return;
    }
    int step = step(value);
    svg.titled(details[row][column], "rect", with(box, "style", "fill:" + Palette.fill(step)));
    if (printed) {
      svg.text(Markup.fixed(value, 2), x + width / 2, y + height / 2 + 4, "middle", "style",
          "fill:" + Palette.ink(step), "pointer-events", "none");
    }
  }

  private void drawScale(Svg svg, double x, double y) {
    for (int step = 0; step <= Palette.LAST_STEP; step++) {
      svg.element("rect", "x", x + step * SCALE_STEP, "y", y, "width", SCALE_STEP + 0.3, "height", 10, "style",
          "fill:" + Palette.fill(step));
    }
    double end = x + (Palette.LAST_STEP + 1) * SCALE_STEP;
    svg.element("rect", "x", x, "y", y, "width", end - x, "height", 10, "fill", "none", "stroke", "currentColor",
        "stroke-opacity", 0.4);
    svg.text(Markup.number(low), x, y + 24, "start").text(Markup.number(high), end, y + 24, "end");
    svg.text(valueLabel, end + 10, y + 9, "start");
  }

  private int step(double value) {
    return (int) Math.round(Math.max(0, Math.min(1, (value - low) / (high - low))) * Palette.LAST_STEP);
  }

  /** The least of 1, 2, 5, 10, 20 ... that is no less. */
  private static int every(double least) {
    int power = 1;
    while (true) {
      for (int digit : new int[] {1, 2, 5}) {
        if (digit * power >= least) {
          return digit * power;
        }
      }
      power *= 10;
    }
  }

  private static Object[] with(Object[] attributes, Object... more) {
    var all = Arrays.copyOf(attributes, attributes.length + more.length);
    System.arraycopy(more, 0, all, attributes.length, more.length);
    return all;
  }
}
