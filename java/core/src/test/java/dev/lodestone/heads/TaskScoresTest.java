package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskScoresTest {
  @TempDir Path folder;

  private TaskScores read(String text) throws IOException {
    return TaskScores.read(Files.writeString(folder.resolve("eval.csv"), text));
  }

  @Test
  void findsRowsByPathNameAndStem() throws IOException {
    var table = read(
        "variant, f1 ,\"em \"\"strict\"\"\"\r\nruns/a/heads.json,0.1,1\n\nb.json,0.2,2\n\"c, d\",3e-1,-3\n");
    assertEquals(List.of("f1", "em \"strict\""), table.names());
    assertArrayEquals(new double[] {0.1, 1}, table.of(Path.of("runs/a/heads.json")));
    assertArrayEquals(new double[] {0.2, 2}, table.of(Path.of("elsewhere/b.json")));
    assertArrayEquals(new double[] {0.3, -3}, table.of(Path.of("c, d.tsv.gz")));
    var e = assertThrows(LodestoneException.class, () -> table.of(Path.of("x.json")));
    assertTrue(e.getMessage().contains("a line for \"x\" (x.json) but found runs/a/heads.json, b.json"),
        e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
    "v,f1|found 1 lines",
    "v;f1\\na;1|such as variant,f1",
    "v,f1\\na,1,2|line 2: expected 2 fields",
    "v,f1\\na,NaN|line 2, f1: expected a number",
    "v,f1\\na,1\\na,2|line 3: \"a\" comes twice",
    "v,f1\\n\"a,2|line 2: expected a closing quote"})
  void refusesDamagedTables(String text, String part) {
    var e = assertThrows(LodestoneException.class, () -> read(text.replace("\\n", "\n")));
    assertTrue(e.getMessage().contains("eval.csv") && e.getMessage().contains(part), e.getMessage());
  }
}
