package dev.lodestone.report;

import java.util.ArrayList;
import java.util.List;

/** A table whose columns sort at a press on their heads. Numbers are set to the right; NaN is n/a and sorts last. */
public final class Table {
  private static final int DIGITS = 3; // after the point, in columns of numbers that are not all whole

  private final List<String> columns;
  private final List<Object[]> rows = new ArrayList<>();

  public Table(String... columns) {
    Markup.require(columns.length > 0, "table", "expected columns but found none");
    this.columns = List.of(columns);
  }

  /** A value a column: a {@link Number}, or anything else as its text. */
  public Table row(Object... cells) {
    Markup.require(cells.length == columns.size(), "table", "expected " + columns.size() + " cells but found "
        + cells.length);
    rows.add(cells.clone());
    return this;
  }

  String html() {
    var html = new StringBuilder("<table><thead><tr>");
    for (int i = 0; i < columns.size(); i++) {
      html.append("<th scope=\"col\"").append(isNumeric(i) ? " class=\"n\"" : "").append("><button type=\"button\">")
          .append(Markup.escape(columns.get(i))).append("</button></th>");
    }
    html.append("</tr></thead><tbody>\n");
    for (var row : rows) {
      html.append("<tr>");
      for (int i = 0; i < row.length; i++) {
        html.append(row[i] instanceof Number n ? number(n.doubleValue(), isWhole(i))
            : "<td>" + Markup.escape(String.valueOf(row[i])) + "</td>");
      }
      html.append("</tr>\n");
    }
    return html.append("</tbody></table>\n").toString();
  }

  private static String number(double value, boolean whole) {
    return "<td class=\"n\" data-v=\"" + (Double.isNaN(value) ? "" : value) + "\">"
        + (whole ? Markup.number(value) : Markup.fixed(value, DIGITS)) + "</td>";
  }

  private boolean isNumeric(int column) {
    return !rows.isEmpty() && rows.stream().allMatch(row -> row[column] instanceof Number);
  }

  private boolean isWhole(int column) {
    return rows.stream().allMatch(row -> row[column] instanceof Number n
        && n.doubleValue() == Math.rint(n.doubleValue()));
  }
}
