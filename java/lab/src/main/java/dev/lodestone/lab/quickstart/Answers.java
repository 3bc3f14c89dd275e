package dev.lodestone.lab.quickstart;

import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whether a model answers the questions of documents. Answers are read, not generated: where every word has the highest
 * logit after the words before it, the model would have written the answer greedily.
 */
final class Answers {
  /** Tokens of one pass. */
  private static final int PASS = 4_096;

  private Answers() {}

  /** The share of questions of which every word is right, with some heads edited. */
  static double right(Model model, List<TokenSample> documents, List<Edit> edits) {
    int right = 0;
    int asked = 0;
    int together = Math.max(1, PASS / documents.get(0).tokens().length);
    for (int from = 0; from < documents.size(); from += together) {
      var part = documents.subList(from, Math.min(documents.size(), from + together));
      Batch batch = Batch.pack(part.stream().map(TokenSample::tokens).toList());
      int[] labels = part.stream().flatMapToInt(d -> Arrays.stream(d.labels())).toArray();
      // The row before a token predicts it.
      int[] rows = IntStream.range(1, labels.length).filter(i -> labels[i] != TokenSample.IGNORED).map(i -> i - 1)
          .toArray();
      FloatBuffer logits = model.forward(batch, Pass.of().edits(edits).logitRows(rows)).logits();
      for (int i = 0; i < rows.length; i += World.ANSWER) {
        int first = i;
        right += IntStream.range(first, first + World.ANSWER)
            .allMatch(r -> highest(logits, r, model.config().vocabulary()) == labels[rows[r] + 1]) ? 1 : 0;
      }
      asked += rows.length / World.ANSWER;
    }
    return (double) right / asked;
  }

  private static int highest(FloatBuffer logits, int row, int vocabulary) {
    int best = 0;
    for (int i = 1; i < vocabulary; i++) {
      if (logits.get(row * vocabulary + i) > logits.get(row * vocabulary + best)) {
        best = i;
      }
    }
    return best;
  }
}
