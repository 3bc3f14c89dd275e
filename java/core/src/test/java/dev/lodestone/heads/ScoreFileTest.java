package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.heads.ScoreFile.Style;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ScoreFileTest {
  @TempDir Path dir;

  private final HeadScores scores = HeadScores.of(2, 3, Map.of("detector", "wu-code", "passed", 2),
      List.of(new double[] {0, 0.1, 1 / 3.0, 1.6, 0, Double.NaN}, new double[] {0, 0.2, 1e-17, 0, 1, Double.NaN}));

  @ParameterizedTest
  @EnumSource
  void readsWhatItWrites(Style style) {
    var file = dir.resolve("heads.json");
    ScoreFile.write(scores, file, style);
    var back = ScoreFile.read(file);
    assertEquals(style == Style.WU ? Map.of() : scores.meta(), back.meta());
    assertEquals(2, back.trials());
    for (var ranked : scores.top(6)) {
      assertArrayEquals(scores.scores(ranked.head()), back.scores(ranked.head()), ranked.toString());
    }
  }

  @Test
  void writesWuOnOneLineInTheOrderOfTheHeads() throws IOException {
    var file = dir.resolve("wu.json");
    ScoreFile.write(scores, file, Style.WU);
    var text = Files.readString(file);
    assertTrue(text.startsWith("{\"0-0\":[0.0,0.0],\"0-1\":[0.1,0.2],"), text);
    assertTrue(text.endsWith("\"1-2\":[null,null]}\n"), text);
    assertEquals(1, text.lines().count());
  }

  @Test
  void readsAFileWithoutPassingTrials() {
    var file = dir.resolve("none.json");
    ScoreFile.write(HeadScores.of(1, 2, Map.of(), List.of()), file, Style.LODESTONE);
    assertEquals(0, ScoreFile.read(file).trials());
  }

  @Test
  void readsATableOfGates() throws IOException {
    var file = Files.writeString(dir.resolve("full_attention_heads.tsv"), "1.0\t2.5e-01\n0.5\t-1.5e-04\n");
    var gates = ScoreFile.read(file);
    assertArrayEquals(new double[] {1, 0.25, 0.5, 0}, gates.means());
    assertEquals(2, gates.layers());
  }

  @Test
  void readsAnEnvelopeOfLocos() throws IOException {
    var file = Files.writeString(dir.resolve("m_logit_contrib.json"), """
        {"meta": {"method": "logit_contribution", "num_trials_passed": 2, "model": "m", "tuned_lens": null},
         "scores": {"0-0": [0.5, -0.25], "0-1": [NaN, 1.5]},
         "trial_ids": ["a", "b"], "confidence_intervals": {"0-0": [-0.25, 0.5]}}
        """);
    var locos = ScoreFile.read(file);
    assertEquals("logit_contribution", locos.meta().get("detector"));
    assertArrayEquals(new double[] {0.125, 1.5}, locos.means());
    assertEquals(2, locos.trials());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
    "{\"0-0\":[1],\"0-1\":[1,2]}|head 0-1: expected an array of 1",
    "{\"0-0\":[1],\"1-1\":[1]}|all 4 heads",
    "{\"0-0\":[1],\"99999-99999\":[1]}|found 2",
    "{\"0-0\":[\"x\"]}|expected a finite number",
    "{\"0-0\":[Infinity]}|expected a finite number",
    "{\"0-0\":0.5}|head 0-0: expected an array",
    "1.0 nan|line 1: expected head scores as JSON, or a table",
    "{\"zero\":[1]}|12-3",
    "{\"meta\":{},\"scores\":{}}|found none",
    "{oops|expected JSON",
    "1.0 2.0 nonsense|nonsense",
    "~~|empty file"})
  void refusesDamagedFiles(String text, String part) throws IOException {
    var file = Files.writeString(dir.resolve("bad.json"), text);
    var e = assertThrows(LodestoneException.class, () -> ScoreFile.read(file));
    assertTrue(e.getMessage().contains("bad.json") && e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void ranksTheReferenceModelAsItsReadmeSays() {
    var reference = ScoreFile.read(SharedFiles.get("models/smollm2-135m-instruct/reference/heads.wu-code.json"));
    assertEquals(75, reference.trials());
    assertEquals(21, reference.above(0.1));
    assertEquals(Head.parseList("18-6,17-3,23-2,17-4,18-7,20-6,23-7"),
        reference.top(7).stream().map(HeadScores.Ranked::head).toList());
  }
}
