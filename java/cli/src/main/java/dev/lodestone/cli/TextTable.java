package dev.lodestone.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Rows aligned for a terminal: the first column to the left, the others to the right. */
final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(String... header) {
    row(header);
  }

  TextTable row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  /** Three digits, or {@code n/a} for NaN. */
  static String number(double value) {
    return Double.isNaN(value) ? "n/a" : String.format(Locale.ROOT, "%.3f", value);
  }

  List<String> lines() {
    var widths = new ArrayList<>(Collections.nCopies(rows.get(0).size(), 0));
    rows.forEach(row -> {
      for (int i = 0; i < row.size(); i++) {
        widths.set(i, Math.max(widths.get(i), row.get(i).length()));
      }
    });
    return rows.stream().map(row -> {
      var line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(i == 0 ? "" : "  ");
        line.append(("%" + (i == 0 ? "-" : "") + Math.max(1, widths.get(i)) + "s").formatted(row.get(i)));
      }
      return line.toString().stripTrailing();
    }).toList();
  }
}
