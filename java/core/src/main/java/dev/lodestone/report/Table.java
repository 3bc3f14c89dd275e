package dev.lodestone.report;

import java.util.ArrayList;
import java.util.List;

/** A table whose columns sort at a press on their heads. Numbers are set to the right; NaN is n/a and sorts last. */
public final class Table {
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
      boolean numbers = !rows.isEmpty() && rows.get(0)[i] instanceof Number;
      html.append("<th scope=\"col\"").append(numbers ? " class=\"n\"" : "").append("><button type=\"button\">")
          .append(Markup.escape(columns.get(i))).append("</button></th>");
    }
    html.append("</tr></thead><tbody>\n");
    for (var row : rows) {
      html.append("<tr>");
      for (var cell : row) {
        if (cell instanceof Number n) {
          double value = n.doubleValue();
          html.append("<td class=\"n\" data-v=\"").append(Double.isNaN(value) ? "" : value).append("\">")
              .append(Markup.number(value)).append("</td>");
        } else {
          html.append("<td>").append(Markup.escape(String.valueOf(cell))).append("</td>");
        }
      }
      html.append("</tr>\n");
    }
    return html.append("</tbody></table>\n").toString();
  }
}
