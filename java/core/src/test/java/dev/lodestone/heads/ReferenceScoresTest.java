package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.Samples;
import dev.lodestone.data.Samples.Format;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.data.Span;
import dev.lodestone.io.Json;
import dev.lodestone.io.Safetensors;
import dev.lodestone.metrics.Metric;
import dev.lodestone.metrics.Prediction;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From the attention that PyTorch recorded over 100 needle trials to both of its score files, if they are there. */
class ReferenceScoresTest {
  private static final int LAYERS = 30;
  private static final int HEADS = 9;

  @ParameterizedTest
  @EnumSource(names = {"WU_CODE", "WU_PAPER"})
  void comesToTheReferenceScores(Detector detector) {
    var folder = SharedFiles.get("models/smollm2-135m-instruct");
    var reference = ScoreFile.read(folder.resolve("reference/heads." + detector + ".json"));
    List<double[]> trials = new ArrayList<>();
    try (var tokenizer = Tokenizer.load(folder);
        var attention = Safetensors.open(folder.resolve("reference/niah_attention.safetensors"))) {
      var encoder = new SampleEncoder(tokenizer, false);
      for (var sample : Samples.readText(folder.resolve("reference/niah.jsonl.gz"), Format.AUTO)) {
        var generated = Json.mapper().convertValue(sample.meta().get("generated"), int[].class);
        if (Metric.ROUGE1_RECALL.score(Prediction.of(tokenizer.decode(generated)), sample) > 0.5) {
          var tokens = encoder.encode(sample);
          List<Span> answer = tokens.spans("answer").toList();
          trials.add(detector.score(new Trial(LAYERS, HEADS, tokens.tokens(), answer, generated,
              argmax(attention, sample.id()), null, new int[0], null, null)));
        }
      }
    }
    var scores = HeadScores.of(LAYERS, HEADS, Map.of(), trials);
    assertEquals(reference.trials(), scores.trials());
    for (var ranked : reference.top(LAYERS * HEADS)) { // recorded with six digits
      assertArrayEquals(reference.scores(ranked.head()), scores.scores(ranked.head()), 5.1e-7, ranked.toString());
    }
  }

  private static int[][] argmax(Safetensors file, String id) {
    int[] all = file.readInts(id + "/row_argmax"); // (rows, layers, heads)
    int size = LAYERS * HEADS;
    var rows = new int[all.length / size][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(all, row * size, (row + 1) * size);
    }
    return rows;
  }
}
