package dev.lodestone.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table whose columns sort at a press on their heads. Numbers are set to the right; NaN is n/a and sorts last. As CSV
 * and JSON it holds its numbers in full.
 */
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

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** With a header; texts in quotes where they need them (RFC 4180), NaN is empty. */
  public String csv() {
    var csv = new StringBuilder();
    csv.append(columns.stream().map(Table::field).collect(Collectors.joining(","))).append('\n');
    for (var row : rows) {
      csv.append(Arrays.stream(row).map(Table::field).collect(Collectors.joining(","))).append('\n');
    }
    return csv.toString();
  }

  /** An object a row, its fields named as the columns; NaN is null. */
  public ArrayNode json() {
    var list = Json.mapper().createArrayNode();
    for (var row : rows) {
      var object = list.addObject();
      for (int i = 0; i < row.length; i++) {
        object.set(columns.get(i), Json.mapper().valueToTree(
            !(row[i] instanceof Number n) ? row[i].toString() : Double.isNaN(n.doubleValue()) ? null : n));
      }
    }
    return list;
  }

  private static String field(Object cell) {
    String text = cell instanceof Double d && d.isNaN() ? "" : cell.toString();
    return text.matches("[^\",\\r\\n]*") ? text : "\"" + text.replace("\"", "\"\"") + "\"";
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
        + (whole || isTiny(value) ? Markup.number(value) : Markup.fixed(value, DIGITS)) + "</td>";
  }

  /** Whether nothing of it would be left after that many digits. */
  private static boolean isTiny(double value) {
    return value != 0 && Math.abs(value) < 0.5 * Math.pow(10, -DIGITS);
  }

  private boolean isNumeric(int column) {
    return !rows.isEmpty() && rows.stream().allMatch(row -> row[column] instanceof Number);
  }

  private boolean isWhole(int column) {
    return rows.stream().allMatch(row -> row[column] instanceof Number n
        && (Double.isNaN(n.doubleValue()) || n.doubleValue() == Math.rint(n.doubleValue())));
  }
}
