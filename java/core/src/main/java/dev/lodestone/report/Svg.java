package dev.lodestone.report;

/** Writes one {@code <svg>} element. Numbers among the attributes must be finite; texts are escaped. */
final class Svg {
  /** Width of every chart, in its own units: about one to a pixel on a phone, a little more on a screen. */
  static final double WIDTH = 400;

  static final double FONT_SIZE = 12;
  private static final double CHARACTER = 6.6; // mean width at that size, on the wide side

  private final StringBuilder body = new StringBuilder();

  /** Width of a text, nearly. */
  static double width(String text) {
    return text.length() * CHARACTER;
  }

  /** The text, or as much of its start as fits, with an ellipsis. */
  static String fitted(String text, double room) {
    int most = Math.max(1, (int) (room / CHARACTER));
    return text.codePointCount(0, text.length()) <= most ? text
        : text.substring(0, text.offsetByCodePoints(0, most - 1)) + "…";
  }

  /** An element without content: {@code element("line", "x1", 3, ..)}. */
  Svg element(String name, Object... attributes) {
    tag(name, attributes);
    body.append("/>\n");
    return this;
  }

  /** An element whose content is a tooltip. */
  Svg titled(String title, String name, Object... attributes) {
    tag(name, attributes);
    body.append("><title>").append(Markup.escape(title)).append("</title></").append(name).append(">\n");
    return this;
  }

  Svg text(String text, double x, double y, String anchor, Object... attributes) {
    tag("text", "x", x, "y", y, "text-anchor", anchor);
    attributes(attributes);
    body.append('>').append(Markup.escape(text)).append("</text>\n");
    return this;
  }

  /** The text of a vertical axis, from below to above, centred at y. */
  Svg vertical(String text, double x, double y) {
    return text(text, x, y, "middle",
        "transform", "rotate(-90 " + Markup.place(x) + " " + Markup.place(y) + ")");
  }

  /** The whole element. */
  String finish(double height, String label) {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + Markup.place(WIDTH) + " " + Markup.place(height)
        + "\" role=\"img\" aria-label=\"" + Markup.escape(label) + "\" font-family=\"system-ui,sans-serif\""
        + " font-size=\"" + Markup.place(FONT_SIZE) + "\" fill=\"currentColor\">\n" + body + "</svg>\n";
  }

  private void tag(String name, Object... attributes) {
    body.append('<').append(name);
    attributes(attributes);
  }

  private void attributes(Object... attributes) {
    for (int i = 0; i < attributes.length; i += 2) {
      var value = attributes[i + 1];
      var text = value instanceof Number n ? Markup.place(n.doubleValue()) : Markup.escape(value.toString());
      if (!text.isEmpty()) {
        body.append(' ').append(attributes[i]).append("=\"").append(text).append('"');
      }
    }
  }
}
