package dev.lodestone.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class HtmlPageTest {
  /** Leaves {@code target/report-demo.html} to look at. */
  @Test
  void aPageHoldsEverythingItNeeds() throws IOException {
    var html = Demo.page().html();
    Files.writeString(Files.createDirectories(Path.of("target")).resolve("report-demo.html"), html);
    assertEquals(6, html.split("<svg ", -1).length - 1);
    assertEquals(html.split("<section ", -1).length, html.split("</section>", -1).length);
    // The name space of SVG is the one address; nothing is loaded.
    assertFalse(html.replace("http://www.w3.org/2000/svg", "").matches("(?s).*(https?:|src=|@import|url\\().*"));
    assertTrue(html.contains("default-src 'none'"));
  }

  @Test
  void isTheSameEachTime() {
    assertEquals(Demo.page().html(), Demo.page().html());
  }

  @Test
  void theScriptIsShort() {
    var html = Demo.page().html();
    var script = html.substring(html.indexOf("<script>"), html.indexOf("</script>"));
    assertTrue(script.lines().count() < 20, script);
  }

  @Test
  void textsAreEscapedAndPercentSignsSafe() {
    var html = new HtmlPage("<i>%s</i>", "100 % & more").section("a < b").text("\"quoted\" %d")
        .table(new Table("<th>").row("<td>")).html();
    assertTrue(html.contains("<title>&lt;i&gt;%s&lt;/i&gt;</title>"));
    assertTrue(html.contains("<section id=\"s1\"><h2>a &lt; b</h2>") && html.contains("&quot;quoted&quot; %d"));
    assertTrue(html.contains("<td>&lt;td&gt;</td>"));
  }

  @Test
  void severalSectionsHaveLinks() {
    var page = new HtmlPage("t", "s").section("a").points(List.of("x < y")).section("b");
    assertFalse(page.html().contains("<nav>"));
    var html = page.section("c & d").html();
    assertTrue(html.contains("<a href=\"#s3\">c &amp; d</a>") && html.contains("<section id=\"s3\">"), html);
    assertTrue(html.contains("<li>x &lt; y</li>"), html);
  }

  @Test
  void tablesGiveTheirNumbersInFull() {
    var table = new Table("a, b", "n").row("say \"x\"", 1 / 3.0).row("y", Double.NaN);
    assertEquals("\"a, b\",n\n\"say \"\"x\"\"\",0.3333333333333333\ny,\n", table.csv());
    assertEquals("[{\"a, b\":\"say \\\"x\\\"\",\"n\":0.3333333333333333},{\"a, b\":\"y\",\"n\":null}]",
        table.json().toString());
  }

  @Test
  void tablesSortNumbersByValueAndShowWhatIsMissing() {
    var html = new Table("n").row(12345.678).row(Double.NaN).html();
    assertTrue(html.contains("<th scope=\"col\" class=\"n\">"), html);
    assertTrue(html.contains("data-v=\"12345.678\">12,345.678</td>"), html);
    assertTrue(html.contains("data-v=\"\">n/a</td>"), html);
    assertTrue(new Table("n").row(1).row(-1200).html().contains(">−1,200</td>"));
    assertTrue(new Table("n").row(1).row(0.5).html().contains(">1.000</td>"));
    assertTrue(new Table("p").row(0.00002).row(0.5).html().contains(">2e−5</td>")); // not 0.000
    assertThrows(LodestoneException.class, () -> new Table("a", "b").row(1));
    assertThrows(LodestoneException.class, Table::new);
  }
}
