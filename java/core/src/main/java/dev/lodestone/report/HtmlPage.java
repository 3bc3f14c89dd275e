package dev.lodestone.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * One self-contained page: nothing is loaded from anywhere, and its policy forbids it. It fits phones, prints, and is
 * light or dark as the reader's system is. Every text is escaped.
 */
public final class HtmlPage {
  private final String title;
  private final StringBuilder body = new StringBuilder();
  private boolean open; // a section

  public HtmlPage(String title, String subtitle) {
    this.title = title;
    body.append("<header><h1>").append(Markup.escape(title)).append("</h1><p>").append(Markup.escape(subtitle))
        .append("</p></header>\n");
  }

  /** Begins a section; what follows belongs to it. */
  public HtmlPage section(String heading) {
    endSection();
    open = true;
    body.append("<section><h2>").append(Markup.escape(heading)).append("</h2>\n");
    return this;
  }

  /** A paragraph. */
  public HtmlPage text(String paragraph) {
    body.append("<p>").append(Markup.escape(paragraph)).append("</p>\n");
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
    endSection();
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
        %s</main>
        <script>
        %s</script>
        </body>
        </html>
        """.formatted(Markup.escape(title), resource("page.css"), Palette.darkVariables(), body, resource("sort.js"));
  }

  private void endSection() {
    if (open) {
      body.append("</section>\n");
      open = false;
    }
  }

  private static String resource(String name) {
    try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
