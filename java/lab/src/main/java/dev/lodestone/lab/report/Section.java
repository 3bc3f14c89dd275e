package dev.lodestone.lab.report;

import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Table;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A part of the report. */
interface Section {
  String heading();

  /** Whether there is nothing to show. */
  boolean isEmpty();

  /** What it shows, in whole sentences for the top of the page. */
  List<String> inShort();

  /** Its paragraphs, figures and tables. */
  void write(HtmlPage page);

  /** Its numbers in full, by the name of the file without ending. */
  Map<String, Table> data();

  /** A number within a sentence. */
  static String said(double value) {
    return Double.isNaN(value) ? "n/a" : String.format(Locale.ROOT, "%.2f", value).replace('-', '−');
  }

  /** A whole number within a sentence. */
  static String whole(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** {@code 1 file}, {@code 2 files}. */
  static String count(long count, String noun) {
    return whole(count) + " " + noun + (count == 1 ? "" : "s");
  }

  /** The last part of a path, since folders of other machines say little. */
  static String lastPart(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
