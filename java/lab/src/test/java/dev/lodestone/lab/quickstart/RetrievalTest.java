package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.heads.Head;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetrievalTest {
  @TempDir Path folder;

  /** A model of random weights gets few tokens right; which, is counted here trial by trial from all logits. */
  @Test
  void packedTrialsAreCountedLikeSingleOnes() {
    List<TokenSample> trials = NeedleText.trials(150, 64, 4); // more than a pass holds
    try (Engine engine = Engine.open(Device.CPU)) {
      TinyModel.write(engine, folder, 64, 1);
      try (Model model = Model.load(engine, folder)) {
        for (List<Edit> edits : List.of(List.<Edit>of(), List.of(Edit.zero(new Head(0, 1)), Edit.zero(new Head(2, 7))))) {
          int right = trials.stream().mapToInt(trial -> right(model, trial, edits)).sum();
          Retrieval measured = Retrieval.measure(model, trials, edits);
          assertTrue(right > 0, "the test sees nothing");
          assertEquals(new Retrieval(right, 150 * NeedleText.ANSWER), measured);
        }
      }
    }
  }

  private static int right(Model model, TokenSample trial, List<Edit> edits) {
    int from = trial.spans().get(0).start();
    int[] document = Arrays.copyOf(trial.tokens(), trial.tokens().length + NeedleText.ANSWER);
    System.arraycopy(trial.tokens(), from, document, trial.tokens().length, NeedleText.ANSWER);
    FloatBuffer logits = model.forward(Batch.of(document), Pass.of().edits(edits).allLogits()).logits();
    int right = 0;
    for (int i = trial.tokens().length; i < document.length; i++) {
      float of = logits.get((i - 1) * TinyModel.VOCABULARY + document[i]);
      boolean highest = true;
      for (int v = 0; v < TinyModel.VOCABULARY; v++) {
        highest &= logits.get((i - 1) * TinyModel.VOCABULARY + v) <= of;
      }
      right += highest ? 1 : 0;
    }
    return right;
  }

  @Test
  void saysItsShareAndCount() {
    assertEquals("0.93 of 4,096 tokens", new Retrieval(3_809, 4_096).toString());
  }
}
