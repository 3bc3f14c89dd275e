import dev.lodestone.heads.ScoreFile;
import dev.lodestone.report.HeatMap;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Draws a score file of {@code lodestone heads} as a heat map, layers across and heads down. Costs a second.
 *
 * <pre>java -cp 'java/cli/target/lib/*' scripts/figures/HeadMap.java heads.json "title" heads.svg</pre>
 */
public class HeadMap {
  public static void main(String[] words) throws Exception {
    if (words.length != 3) throw new IllegalArgumentException("expected: heads.json TITLE out.svg");
    var svg = HeatMap.ofHeads(words[1], ScoreFile.read(Path.of(words[0]))).svg();
    // An image on a page of any colour: it brings its own ground.
    Files.writeString(Path.of(words[2]), svg.replaceFirst("\n", "\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"));
  }
}
