package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class DetectorTest {
  private static final int[] PROMPT = {9, 7, 5, 5, 6, 8}; // answer: 5 5 6 at 2..4
  private static final List<Span> ANSWER = List.of(new Span("answer", 2, 5));

  /** Rows of one head. */
  private static Trial trial(int[] generated, int[] argmax, float[] mass, int[] answerRows, int window) {
    var a = new int[argmax.length][1];
    var m = new float[argmax.length][1];
    for (int row = 0; row < argmax.length; row++) {
      a[row][0] = argmax[row];
      m[row][0] = mass == null ? 0 : mass[row];
    }
    return new Trial(1, 1, PROMPT, ANSWER, generated, a, mass == null ? null : m, answerRows, null,
        new int[] {window});
  }

  @Test
  void countsCopiesAsTheProgramAndTokensAsThePaper() {
    // copied 5, copied 5 again, looks at 6 but writes 5, looks outside, copied 6, looks at its own output
    var trial = trial(new int[] {5, 5, 5, 8, 6, 5}, new int[] {2, 3, 4, 5, 4, 6}, null, new int[0], 0);
    assertArrayEquals(new double[] {3 / 3.0}, Detector.WU_CODE.score(trial));
    assertArrayEquals(new double[] {2 / 2.0}, Detector.WU_PAPER.score(trial));
    var twice = trial(new int[] {5, 5, 5, 5}, new int[] {2, 2, 2, 2}, null, new int[0], 0);
    assertArrayEquals(new double[] {4 / 3.0}, Detector.WU_CODE.score(twice), "a token copied again counts again");
    assertArrayEquals(new double[] {1 / 2.0}, Detector.WU_PAPER.score(twice));
  }

  @Test
  void massIsZeroAtChanceAndOneAtBest() {
    // Uniform over K visible keys puts n / K on the answer; row r sees 6 + r keys.
    var chance = trial(new int[] {5, 6}, new int[2], new float[] {3f / 6, 3f / 7}, new int[] {0, 1}, 0);
    assertEquals(0, Detector.MASS.score(chance)[0], 1e-7); // float inputs near 0.5
    var all = trial(new int[] {5, 6}, new int[2], new float[] {1, 0}, new int[] {0}, 0);
    assertEquals(1, Detector.MASS.score(all)[0]);
    var some = trial(new int[] {5, 6}, new int[2], new float[] {0.25f, 0.5f}, new int[] {0, 1}, 0);
    assertEquals(((0.25 - 3 / 3.0 * 0.75) + (0.5 - 3 / 4.0 * 0.5)) / 2, Detector.MASS.score(some)[0], 1e-12);
  }

  @Test
  void massIsNotANumberWithoutRowsOfTheAnswer() {
    assertTrue(Double.isNaN(Detector.MASS.score(trial(new int[] {5}, new int[1], new float[1], new int[0], 0))[0]));
    var half = trial(new int[] {5, 6}, new int[2], new float[] {1, Float.NaN}, new int[] {0, 1}, 0);
    assertEquals(1, Detector.MASS.score(half)[0], "a row that cannot see the answer does not count");
  }

  @Test
  void aHeadWhoseWindowEndsBehindTheAnswerIsNotJudged() {
    var blind = trial(new int[] {5}, new int[] {5}, null, new int[0], 1); // sees position 5 only
    assertTrue(Double.isNaN(Detector.WU_CODE.score(blind)[0]));
    assertTrue(Double.isNaN(Detector.WU_PAPER.score(blind)[0]));
    var sees = trial(new int[] {6}, new int[] {4}, null, new int[0], 2); // sees 4 and 5
    assertEquals(1 / 3.0, Detector.WU_CODE.score(sees)[0]);
  }

  @Test
  void refusesWhatDoesNotFit() {
    var withoutMass = trial(new int[1], new int[1], null, new int[1], 0);
    assertThrows(IllegalArgumentException.class, () -> Detector.MASS.score(withoutMass));
    var outside = List.of(new Span("answer", 4, 7));
    assertThrows(IllegalArgumentException.class,
        () -> new Trial(1, 1, PROMPT, outside, new int[0], new int[0][], null, new int[0], null, null));
    var e = assertThrows(LodestoneException.class, () -> Detector.parse("wu"));
    assertTrue(e.getMessage().contains("wu-paper"), e.getMessage());
    assertEquals(Detector.MASS, Detector.parse("mass"));
  }

  /** Trials of a real model; the scores in the file are rounded to six digits. */
  @Test
  void agreesWithTheReferenceOnARealModel() throws IOException {
    int trials = 0;
    try (var in = new BufferedReader(new InputStreamReader(
        new GZIPInputStream(getClass().getResourceAsStream("trials.jsonl.gz"))))) {
      for (String line; (line = in.readLine()) != null; trials++) {
        var node = new ObjectMapper().readTree(line);
        int[][] argmax = new ObjectMapper().treeToValue(node.get("argmax"), int[][].class);
        var answer = ints(node.get("answer"));
        var trial = new Trial(8, 9, ints(node.get("prompt")), List.of(new Span("answer", answer[0], answer[1])),
            ints(node.get("generated")), argmax, null, new int[0], null, null);
        for (var detector : List.of(Detector.WU_CODE, Detector.WU_PAPER)) {
          double[] expected = new ObjectMapper().treeToValue(node.get(detector.id()), double[].class);
          assertArrayEquals(expected, detector.score(trial), 5.1e-7, node.get("id").asText());
        }
      }
    }
    assertEquals(4, trials);
  }

  private static int[] ints(JsonNode node) throws IOException {
    return new ObjectMapper().treeToValue(node, int[].class);
  }
}
