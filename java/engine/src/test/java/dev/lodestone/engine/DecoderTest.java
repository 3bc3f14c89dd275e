package dev.lodestone.engine;

import static dev.lodestone.engine.EngineTest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.Decoder.StepOptions;
import dev.lodestone.heads.Head;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A decoder step is the last row of a forward pass over the same tokens. */
class DecoderTest {
  // The same sums in another order: a few units of 2⁻²⁴ · √48, through two layers.
  private static final double SAME = 1e-5;

  private static final Engine ENGINE = Engine.open(Device.CPU);
  private static final Model MODEL = TinyModel.open(ENGINE);

  @AfterAll
  static void close() {
    MODEL.close();
    ENGINE.close();
  }

  @Test
  void stepsOfSeveralSequencesAreRowsOfForwardPasses() {
    var first = TinyModel.tokens(30, 1);
    var second = TinyModel.tokens(21, 2);
    try (var decoder = Decoder.open(MODEL, 3, 40)) {
      decoder.prefill(2, Arrays.copyOf(first, 25), Pass.of());
      decoder.prefill(0, Arrays.copyOf(second, 16), Pass.of());
      for (int i = 0; i < 5; i++) {
        var step = decoder.step(new int[] {2, 0}, new int[] {first[25 + i], second[16 + i]},
            StepOptions.NONE.withLogits());
        assertRow(step, 0, Arrays.copyOf(first, 26 + i), Pass.of());
        assertRow(step, 1, Arrays.copyOf(second, 17 + i), Pass.of());
        assertEquals(26 + i, decoder.length(2));
        assertEquals(0, decoder.length(1));
      }
    }
  }

  private static void assertRow(Decoder.StepResult step, int i, int[] tokens, Pass pass) {
    int vocabulary = MODEL.config().vocabulary();
    var expected = Golden.array(MODEL.forward(Batch.of(tokens), pass.logitRows(tokens.length - 1)).logits());
    var found = Golden.array(step.logits().slice(i * vocabulary, vocabulary));
    assertTrue(Golden.relative(found, expected) < SAME);
    int best = step.next()[i];
    for (float logit : found) {
      assertTrue(logit <= found[best]);
    }
  }

  @Test
  void editsCountPositions() {
    var tokens = TinyModel.tokens(12, 3);
    var head = new Head(0, 1);
    var values = new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    for (var edit : List.of(Edit.zero(head), Edit.uniform(head), Edit.mean(head, values))) {
      try (var decoder = Decoder.open(MODEL, 1, 12)) {
        var late = List.of(edit.from(10));
        decoder.prefill(0, Arrays.copyOf(tokens, 11), Pass.of().edits(late));
        var step = decoder.step(new int[1], new int[] {tokens[11]}, StepOptions.NONE.withEdits(late).withLogits());
        assertRow(step, 0, tokens, Pass.of().edits(late));
      }
    }
  }

  @Test
  void probesAndCapturesOfAStep() {
    var tokens = TinyModel.tokens(20, 4);
    var spans = List.of(new TokenSpan(2, 5), new TokenSpan(9, 19));
    var head = new Head(1, 3);
    var whole = MODEL.forward(Batch.of(tokens),
        Pass.of().probe(Probe.rows(19).spans(spans)).capture(List.of(head)));
    try (var decoder = Decoder.open(MODEL, 2, 20)) {
      var prompt = Arrays.copyOf(tokens, 19);
      var read = decoder.prefill(0, prompt, Pass.of().probe(Probe.rows(18))).result().probe();
      assertEquals(1, read.rows());
      decoder.prefill(1, prompt, Pass.of());
      var step = decoder.step(new int[] {1, 0}, new int[] {tokens[19], tokens[19]},
          StepOptions.NONE.withProbes(Arrays.asList(null, Probe.step().spans(spans))).withCaptures(List.of(head)));
      assertNull(step.probe(0));
      assertNull(step.logits());
      var found = step.probe(1);
      var expected = whole.probe();
      assertTrue(Golden.relative(found.lse(), expected.lse()) < SAME);
      assertTrue(Golden.relative(found.spanMass(), expected.spanMass()) < SAME);
      assertTrue(Golden.relative(found.maxProb(), expected.maxProb()) < SAME);
      assertTrue(Arrays.equals(found.argmax(), expected.argmax()));
      assertTrue(Arrays.equals(found.second(), expected.second()));
      int width = MODEL.config().headDim();
      var row = Arrays.copyOfRange(whole.captured(head), 19 * width, 20 * width);
      assertTrue(Golden.relative(Arrays.copyOf(step.pass().captured(head), width), row) < SAME);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    try (var decoder = Decoder.open(MODEL, 2, 4)) {
      refused("4", () -> decoder.prefill(0, TinyModel.tokens(5, 1), Pass.of()));
      refused("", () -> decoder.prefill(2, TinyModel.tokens(1, 1), Pass.of()));
      refused("", () -> decoder.prefill(0, new int[0], Pass.of()));
      refused("", () -> decoder.prefill(0, new int[] {64}, Pass.of()));
      decoder.prefill(0, TinyModel.tokens(4, 1), Pass.of());
      refused("4", () -> decoder.step(new int[] {0}, new int[] {1}, StepOptions.NONE));
      refused("", () -> decoder.step(new int[] {1, 1}, new int[] {1, 1}, StepOptions.NONE));
      refused("expected 1 tokens", () -> decoder.step(new int[] {1}, new int[] {1, 1}, StepOptions.NONE));
      refused("expected 1 probes", () -> decoder.step(new int[] {1}, new int[] {1},
          StepOptions.NONE.withProbes(List.of(Probe.step(), Probe.step()))));
      refused("no sequence 2", () -> decoder.length(2));
      // A refused step has changed nothing.
      assertEquals(4, decoder.length(0));
    }
  }
}
