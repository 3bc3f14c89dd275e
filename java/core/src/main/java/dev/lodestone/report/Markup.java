package dev.lodestone.report;

import dev.lodestone.LodestoneException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Text and numbers as they stand in SVG and HTML. */
final class Markup {
  private Markup() {}

  /** Safe as text and between quotes; characters that XML does not allow become U+FFFD. */
  static String escape(String text) {
    var safe = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> {
      switch (c) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.appendCodePoint(isXml(c) ? c : 0xfffd);
      }
    });
    return safe.toString();
  }

  private static boolean isXml(int c) {
    return c == '\t' || c == '\n' || c == '\r' || c >= 0x20 && c < 0xd800 || c >= 0xe000 && c != 0xfffe && c != 0xffff;
  }

  /** A length or place in a drawing, to a hundredth. */
  static String place(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("a drawing cannot hold " + value);
    }
    return trimmed(BigDecimal.valueOf(value).setScale(2, RoundingMode.HALF_EVEN));
  }

  /** A number for people: three significant digits, whole ones in full; {@code n/a} for NaN. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "n/a";
    } else if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "−∞";
    }
    double size = Math.abs(value);
    if (size < 1e15 && value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%,d", (long) value).replace('-', '−');
    } else if (size >= 1e15 || size < 1e-4) {
      var parts = String.format(Locale.ROOT, "%.2e", value).split("e");
      return (trimmed(new BigDecimal(parts[0])) + "e" + Integer.parseInt(parts[1])).replace('-', '−');
    } else if (size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value).replace('-', '−');
    }
    return trimmed(new BigDecimal(value).round(new MathContext(3))).replace('-', '−');
  }

  /** With that many digits after the point, for numbers that stand below each other. */
  static String fixed(double value, int digits) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%,." + digits + "f", value).replace('-', '−')
        : number(value);
  }

  static void require(boolean holds, String title, String sentence) {
    if (!holds) {
      throw new LodestoneException("Figure \"" + title + "\": " + sentence + ".");
    }
  }

  private static String trimmed(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }
}
