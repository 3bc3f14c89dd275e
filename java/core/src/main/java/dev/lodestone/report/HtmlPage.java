package dev.lodestone.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One self-contained page: nothing is loaded from anywhere, and its policy forbids it. It fits phones, prints, and is
 * light or dark as the reader's system is. Every text is escaped.
 */
public final class HtmlPage {
  private static final int FEWEST_LINKS = 3; // sections that are worth a line of links

  private final String title;
  private final String subtitle;
  private final List<String> headings = new ArrayList<>();
  private final StringBuilder body = new StringBuilder();

  public HtmlPage(String title, String subtitle) {
    this.title = title;
    this.subtitle = subtitle;
  }

  /** Begins a section; what follows belongs to it. */
  public HtmlPage section(String heading) {
    endSection();
    headings.add(heading);
    body.append("<section id=\"s").append(headings.size()).append("\"><h2>").append(Markup.escape(heading))
        .append("</h2>\n");
    return this;
  }

  /** A paragraph. */
  public HtmlPage text(String paragraph) {
    body.append("<p>").append(Markup.escape(paragraph)).append("</p>\n");
    return this;
  }

  /** Sentences that stand below each other, each with a point. */
  public HtmlPage points(List<String> sentences) {
    body.append("<ul>\n");
    sentences.forEach(s -> body.append("<li>").append(Markup.escape(s)).append("</li>\n"));
    body.append("</ul>\n");
    return this;
  }

  /** Figures of a section stand side by side where there is room. */
  public HtmlPage figure(Figure figure, String note) {
    body.append("<figure><figcaption><b>").append(Markup.escape(figure.title())).append("</b> ")
        .append(Markup.escape(note)).append("</figcaption>\n").append(figure.svg()).append("</figure>\n");
    return this;
  }

  public HtmlPage table(Table table) {
    body.append("<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"table\">").append(table.html())
        .append("</div>\n");
    return this;
  }

  /** The whole page. */
  public String html() {
    var sections = body + (headings.isEmpty() ? "" : "</section>\n");
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
        script-src 'unsafe-inline'">
        <title>%s</title>
        <style>
        %s@media screen and (prefers-color-scheme: dark) { :root { %s } }
        </style>
        </head>
        <body>
        <main>
        <header><h1>%s</h1><p>%s</p>%s</header>
        %s</main>
        <script>
        %s</script>
        </body>
        </html>
        """.formatted(Markup.escape(title), resource("page.css"), Palette.darkVariables(), Markup.escape(title),
        Markup.escape(subtitle), links(), sections, resource("sort.js"));
  }

  private void endSection() {
    if (!headings.isEmpty()) {
      body.append("</section>\n");
    }
  }

  private String links() {
    if (headings.size() < FEWEST_LINKS) {
      return "";
    }
    var links = new StringBuilder("<nav>");
    for (int i = 0; i < headings.size(); i++) {
      links.append("<a href=\"#s").append(i + 1).append("\">").append(Markup.escape(headings.get(i))).append("</a> ");
    }
    return links + "</nav>";
  }

  private static String resource(String name) {
    try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
