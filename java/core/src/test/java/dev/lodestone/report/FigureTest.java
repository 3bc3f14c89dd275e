package dev.lodestone.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.HeadScores;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class FigureTest {
  static List<Figure> figures() {
    double[] one = {3};
    return List.of(Demo.heads("heads", 1), Demo.grid(), Demo.knockout(), Demo.training(), Demo.scatter(),
        new LineChart("one point", "x", "y").series("s", one, one),
        new LineChart("one point", "x", "y").logX().logY().series("s", one, one),
        new LineChart("level", "x", "y").series("s", new double[] {1, 2}, new double[] {0, 0}),
        new Scatter("one", "x", "y").point("p", 0, 0),
        new Scatter("upright", "x", "y").point("a", 1, 1).point("b", 1, 2).point("c", 1, 3),
        new Scatter("level", "x", "y").point("a", 1, 1).point("b", 2, 1).point("c", 3, 1),
        HeatMap.ofHeads("zeros", HeadScores.of(2, 2, Map.of(), List.of(new double[4]))),
        HeatMap.ofHeads("none judged", HeadScores.of(1, 1, Map.of(), List.of())),
        HeatMap.ofHeads("<b> & \"q\" 'a' \u0000", HeadScores.of(80, 64, Map.of(), List.of(new double[80 * 64]))));
  }

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
  }

  @ParameterizedTest
  @MethodSource("figures")
  void isOneWellFormedElementWithALabelAndNumbersOnly(Figure figure) throws Exception {
    var root = parse(figure.svg()).getDocumentElement();
    assertEquals("svg", root.getTagName());
    assertEquals("img", root.getAttribute("role"));
    assertTrue(root.getAttribute("aria-label").length() > 5);
    var all = root.getElementsByTagName("*");
    for (int i = 0; i < all.getLength(); i++) {
      for (var name : List.of("x", "y", "width", "height", "cx", "cy", "x1", "x2", "y1", "y2", "d")) {
        var value = all.item(i).getAttributes().getNamedItem(name);
        assertFalse(value != null && value.getNodeValue().matches(".*(NaN|Infinity|null).*"), figure.title());
      }
    }
  }

  @Test
  void aHeatMapHasACellAHeadAndAnEmptyOneForNaN() throws Exception {
    var map = HeatMap.ofHeads("two", HeadScores.of(2, 1, Map.of(),
        List.of(new double[] {0.25, Double.NaN}, new double[] {0.75, Double.NaN})));
    var titles = parse(map.svg()).getElementsByTagName("title");
    assertEquals(2, titles.getLength());
    assertEquals("layer 0, head 0: 0.5 ± 0.25", titles.item(0).getTextContent());
    assertEquals("layer 1, head 0: n/a", titles.item(1).getTextContent());
    assertTrue(map.svg().contains("stroke-dasharray"));
  }

  @Test
  void theHighestValueHasTheLastColour() {
    var map = HeatMap.ofHeads("m", HeadScores.of(1, 2, Map.of(), List.of(new double[] {0, 0.4})));
    assertEquals(0.4, map.high());
    assertTrue(map.svg().contains("<title>layer 0, head 1: 0.4</title>"));
    assertTrue(map.svg().contains("style=\"fill:var(--q32,#081d58)\"><title>layer 0, head 1"), map.svg());
  }

  @Test
  void textsAreEscaped() throws Exception {
    var svg = new Scatter("t", "x", "y").point("<script>alert(1)</script>", 1, 2).svg();
    assertFalse(svg.contains("<script"));
    assertEquals("<script>alert(1)</script>: x 1, y 2",
        parse(svg).getElementsByTagName("title").item(0).getTextContent());
  }

  @Test
  void dataThatCannotBeDrawnAreASentence() {
    double[] two = {1, 2};
    assertThrows(LodestoneException.class, () -> new LineChart("t", "x", "y").svg());
    assertThrows(LodestoneException.class, () -> new LineChart("t", "x", "y").series("s", two, new double[1]));
    assertThrows(LodestoneException.class,
        () -> new LineChart("t", "x", "y").series("s", two, new double[] {1, Double.NaN}).svg());
    assertThrows(LodestoneException.class, () -> new Scatter("t", "x", "y").svg());
    assertThrows(LodestoneException.class, () -> new Scatter("t", "x", "y").point("p", Double.NaN, 1));
    assertThrows(LodestoneException.class,
        () -> Grid.of("t", new int[0], new double[] {0}, new double[][] {{}}, "score"));
    assertThrows(LodestoneException.class,
        () -> Grid.of("t", new int[] {1, 2}, new double[] {0}, new double[][] {{1}}, "score"));
    var e = assertThrows(LodestoneException.class,
        () -> new LineChart("Loss", "x", "y").logY().series("s", two, new double[] {1, 0}).svg());
    assertEquals("Figure \"Loss\": a logarithmic axis needs positive y.", e.getMessage());
  }

  @Test
  void longNamesAreCutToFit() {
    assertEquals("symbolic", Svg.fitted("symbolic", 60));
    assertEquals("symb…", Svg.fitted("symbolic", 35));
    assertEquals("😀😀😀…", Svg.fitted("😀😀😀😀😀", 30)); // whole characters
    assertEquals("😀😀😀", Svg.fitted("😀😀😀", 30));
    String name = "a name of sixty characters or more, as studies with labels have";
    var svg = new LineChart("t", "x", "y").series(name, new double[] {1}, new double[] {1})
        .series("b", new double[] {1}, new double[] {1}).svg();
    assertTrue(svg.contains(">a name of sixty characters or more, as studi…</text>"), svg);
    assertTrue(svg.contains("<title>" + name + ", x 1: 1</title>"), svg);
  }
}
