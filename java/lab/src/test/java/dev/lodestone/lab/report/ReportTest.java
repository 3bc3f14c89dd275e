package dev.lodestone.lab.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.io.Json;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class ReportTest {
  private static final Pattern SVG = Pattern.compile("<svg .*?</svg>", Pattern.DOTALL);

  @TempDir Path folder;

  private static List<String> charts(String html) {
    return SVG.matcher(html).results().map(m -> m.group()).toList();
  }

  private static String section(String html, String heading) {
    int start = html.indexOf("<h2>" + heading + "</h2>");
    assertTrue(start > 0, "no section " + heading);
    return html.substring(start, html.indexOf("</section>", start));
  }

  @Test
  void holdsEveryChartAndEachIsXml() throws Exception {
    var html = Report.of(List.of(Results.all(folder))).html();
    var charts = charts(html);
    var xml = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    for (String svg : charts) {
      var parsed = xml.parse(new InputSource(new StringReader(svg)));
      assertEquals("svg", parsed.getDocumentElement().getTagName());
    }
    assertEquals(3, charts(section(html, "Heads")).size());
    assertEquals(2, charts(section(html, "Heads and task scores")).size()); // recall@0 is the same for all
    assertEquals(1, charts(section(html, "Knockout")).size());
    assertEquals(2, charts(section(html, "Emergence of heads")).size());
    assertEquals(4, charts(section(html, "Training")).size()); // loss, norm, rate, evaluation
    assertEquals(1, charts(section(html, "Needles by depth and length")).size());
    assertEquals(13, charts.size());
    assertFalse(html.contains("<h2>Not shown</h2>"));
  }

  @Test
  void numbersAreThoseOfTheFiles() throws IOException {
    var html = Report.of(List.of(Results.all(folder))).html();
    var heads = section(html, "Heads");
    assertTrue(heads.contains("<td>heads/real</td><td>tiny</td><td>wu-code</td>"
        + "<td class=\"n\" data-v=\"2.0\">2</td><td class=\"n\" data-v=\"4.0\">4</td>"
        + "<td class=\"n\" data-v=\"2.0\">2</td><td>0-0</td><td class=\"n\" data-v=\"0.9\">0.900</td>"), heads);
    assertTrue(section(html, "Heads compared").contains("<td>v1</td><td class=\"n\" data-v=\"9.0\">9</td>"
        + "<td class=\"n\" data-v=\"0.7\">0.700</td><td class=\"n\" data-v=\"\">n/a</td>"));
    assertTrue(section(html, "Heads and task scores").contains("Pearson 0.99 (0.90 to 1.00), p 0.333"));
    assertTrue(section(html, "Heads and task scores").contains("recall@0 against f1"));
    var knockout = section(html, "Knockout");
    assertTrue(knockout.contains("data-v=\"0.0625\">0.063</td>") && knockout.contains("<td>1 of 3</td>"), knockout);
    assertTrue(knockout.contains("random heads, heads removed 2: 0.52 (0.06 to 0.8)"), knockout);
    assertTrue(section(html, "Patching").contains("data-v=\"0.75\">0.750</td>")); // of the gap closed
    assertTrue(section(html, "Training").contains("<td>run</td><td class=\"n\" data-v=\"2.0\">2</td>"
        + "<td class=\"n\" data-v=\"1.125\">1.125</td><td class=\"n\" data-v=\"128.0\">128</td>"));
    assertTrue(section(html, "Needles by depth and length").contains("length 1,024, depth 0%: 0.75"));
    assertTrue(section(html, "Task scores").contains("<td>run, step 2</td><td>f1</td><td class=\"n\" data-v=\"0.7\">"));
    assertTrue(section(html, "In short").contains("knockout: f1 is 0.06 without the 2 highest heads and 0.81 with all;"
        + " without as many random heads it is 0.52 (0.06 to 0.80 over 3 draws)."), section(html, "In short"));
  }

  @Test
  void theNumbersLieBesideThePage() throws IOException {
    Path page = folder.resolve("out/page.html");
    Report.of(List.of(Results.all(folder.resolve("in")))).write(page);
    Path data = folder.resolve("out/page/data");
    assertEquals("knockout,f1,zero,all,40,1,0.375,0.8125,0.766,0.7,0.8,3,0",
        Files.readAllLines(data.resolve("knockout.csv")).get(1));
    assertEquals(1 + 3 * 4, Files.readAllLines(data.resolve("heads.csv")).size());
    var json = Json.readFile(data.resolve("report.json"));
    assertEquals(0.625, json.at("/patch/0/score").asDouble());
    assertEquals(0.125, json.at("/comparison/2/jaccard@0.1").asDouble());
    assertTrue(json.at("/comparison/2/spearman").isNull());
    assertTrue(Files.readString(page).startsWith("<!DOCTYPE html>"));
  }

  @Test
  void givesTheSameBytesEvenWithItsOwnResultsInTheFolder() throws IOException {
    Results.all(folder);
    Path page = folder.resolve("page.html");
    Report.of(List.of(folder)).write(page);
    var html = Files.readString(page);
    var json = Files.readString(folder.resolve("page/data/report.json"));
    var locale = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      Report.of(List.of(folder)).write(page);
    } finally {
      Locale.setDefault(locale);
    }
    assertEquals(html, Files.readString(page));
    assertEquals(json, Files.readString(folder.resolve("page/data/report.json")));
  }

  @Test
  void whatIsMissingIsLeftOutAndNamed() {
    Path file = Results.heads(folder.resolve("real.json"), 0.9, 0.4, 0, 0.02);
    var report = Report.of(List.of(file));
    assertEquals(List.of("Heads"), report.sections());
    assertEquals(1, charts(report.html()).size());
    assertTrue(section(report.html(), "Not shown").contains("Left out, because no file holds it: heads compared,"
        + " heads and task scores, knockout, patching, emergence of heads, training, needles by depth and length,"
        + " task scores."));
  }

  @Test
  void namesAreEscaped() throws IOException {
    String evil = "</script><script>alert(1)</script>";
    Results.write(folder.resolve("k.json"), Results.knockout().replace("\"m\"", "\"" + evil + "\"")
        .replace("\"f1\"", "\"<b>\\u0000&\""));
    Results.write(folder.resolve("c.json"), Results.comparison().replace("\"v0\"", "\"" + evil + "\""));
    Results.write(folder.resolve("bad<i>.json"), "{");
    var html = Report.of(List.of(folder)).html();
    assertEquals(1, html.split("<script>", -1).length - 1);
    assertFalse(html.contains("<b>\0") || html.contains("bad<i>"), html);
    assertTrue(html.contains("&lt;script&gt;alert(1)") && html.contains("bad&lt;i&gt;.json"));
  }

  @Test
  void longRunsAreDrawnByTheirMeans() throws IOException {
    var lines = new StringBuilder();
    for (int i = 1; i <= 1500; i++) {
      lines.append("{\"step\": ").append(i).append(", \"loss\": ").append(i % 2 == 0 ? 1.0 : 3.0).append("}\n");
    }
    Results.write(folder.resolve("metrics.jsonl"), lines.toString());
    var steps = FindingsReader.read(List.of(folder)).runs.get(0).steps();
    var means = RunCharts.means(steps, Run.Step::loss);
    assertEquals(300, means.length);
    assertEquals((3 + 1 + 3 + 1 + 3) / 5.0, means[0], 1e-12);
    assertTrue(charts(Report.of(List.of(folder)).html()).get(0).length() < 10_000);
  }
}
