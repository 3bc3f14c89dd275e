import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Draws a score file of {@code lodestone heads} as a heat map, layers across and heads down. Costs a second.
 *
 * <pre>java -cp 'java/cli/target/lib/*' scripts/figures/HeadMap.java heads.json "title" heads.svg</pre>
 */
public class HeadMap {
  private static final int CELL = 22, LEFT = 54, TOP = 44, BOTTOM = 64;

  public static void main(String[] words) throws Exception {
    if (words.length != 3) throw new IllegalArgumentException("expected: heads.json TITLE out.svg");
    JsonNode file = new ObjectMapper().readTree(new File(words[0])), scores = file.has("scores") ? file.get("scores") : file;
    int layers = 0, heads = 0;
    for (var names = scores.fieldNames(); names.hasNext(); ) {
      String[] at = names.next().split("-");
      layers = Math.max(layers, Integer.parseInt(at[0]) + 1);
      heads = Math.max(heads, Integer.parseInt(at[1]) + 1);
    }
    double[][] mean = new double[layers][heads];
    double highest = 1e-9;
    for (int l = 0; l < layers; l++)
      for (int h = 0; h < heads; h++) {
        JsonNode trials = scores.path(l + "-" + h);
        for (JsonNode trial : trials) mean[l][h] += trial.asDouble() / trials.size();
        highest = Math.max(highest, mean[l][h]);
      }
    Files.writeString(Path.of(words[2]), draw(words[1], mean, highest));
  }

  private static String draw(String title, double[][] mean, double highest) {
    int layers = mean.length, heads = mean[0].length, width = LEFT + layers * CELL + 20, bottom = TOP + heads * CELL;
    var svg = new StringBuilder();
    svg.append(String.format(Locale.ROOT,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">%n"
            + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><text x=\"%d\" y=\"24\" font-size=\"15\" fill=\"#222\">%s</text>%n",
        width, bottom + BOTTOM, LEFT, title.replace("&", "&amp;").replace("<", "&lt;")));
    for (int l = 0; l < layers; l++) {
      if (l % 5 == 0) text(svg, LEFT + l * CELL + CELL / 2, bottom + 16, "middle", String.valueOf(l));
      for (int h = 0; h < heads; h++)
        svg.append(String.format(Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"%s\"><title>%d-%d: %.3f</title></rect>%n",
            LEFT + l * CELL + 1, TOP + h * CELL + 1, CELL - 2, CELL - 2, colour(mean[l][h] / highest), l, h, mean[l][h]));
    }
    for (int h = 0; h < heads; h++) text(svg, LEFT - 8, TOP + h * CELL + CELL / 2 + 4, "end", String.valueOf(h));
    text(svg, LEFT + layers * CELL / 2, bottom + 32, "middle", "layer");
    text(svg, 16, TOP + heads * CELL / 2, "middle", "head");
    for (int i = 0; i <= 100; i++)
      svg.append(String.format(Locale.ROOT, "<rect x=\"%.1f\" y=\"%d\" width=\"2\" height=\"8\" fill=\"%s\"/>%n", LEFT + i * 1.6, bottom + 44, colour(i / 100.0)));
    text(svg, LEFT - 6, bottom + 52, "end", "0");
    text(svg, LEFT + 168, bottom + 52, "start", String.format(Locale.ROOT, "%.2f mean retrieval score", highest));
    return svg.append("</svg>\n").toString();
  }

  private static void text(StringBuilder svg, int x, int y, String anchor, String words) {
    svg.append(String.format("<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#444\">%s</text>%n", x, y, anchor, words));
  }

  /** From near-white through amber to dark red; the square root lets weak heads show. */
  private static String colour(double share) {
    double t = Math.sqrt(Math.max(0, Math.min(1, share)));
    int[][] stops = {{244, 244, 246}, {250, 190, 88}, {215, 80, 40}, {110, 10, 30}};
    int i = Math.min(2, (int) (t * 3));
    double f = t * 3 - i;
    int[] c = new int[3];
    for (int k = 0; k < 3; k++) c[k] = (int) Math.round(stops[i][k] + f * (stops[i + 1][k] - stops[i][k]));
    return String.format("#%02x%02x%02x", c[0], c[1], c[2]);
  }
}
