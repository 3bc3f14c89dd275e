package dev.lodestone.engine;

import static dev.lodestone.engine.DeviceBuffer.Element.FLOAT;
import static dev.lodestone.engine.DeviceBuffer.Element.INT;
import static dev.lodestone.engine.DeviceBuffer.Element.REAL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.model.RopeConfig;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ops on every device, against attention by its definition and against what small numbers must give. */
class OpsTest {
  private static final int TOKENS = 40;
  private static final int HEADS = 2;
  private static final int DIM = 16;
  private static final int WIDTH = HEADS * DIM + 2 * DIM;
  private static final AttentionShape SHAPE = AttentionShape.of(TOKENS, HEADS, 1, DIM).withDocuments(15, 25);
  private static final List<TokenSpan> SPANS = List.of(new TokenSpan(2, 6), new TokenSpan(20, 30));

  static List<Device> devices() {
    return GpuDevices.all();
  }

  /** Values that bf16 holds exactly: eighths from −2 to 2. */
  private static float[] values(int count, int seed) {
    var random = new Random(seed);
    var values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (random.nextInt(33) - 16) / 8f;
    }
    return values;
  }

  /** Probabilities of a row over all tokens, in double. */
  private static double[] probabilities(float[] qkv, int head, int row) {
    int first = row < 15 ? 0 : 15;
    var p = new double[TOKENS];
    double sum = 0;
    for (int key = first; key <= row; key++) {
      double score = 0;
      for (int d = 0; d < DIM; d++) {
        score += qkv[row * WIDTH + head * DIM + d] * (double) qkv[key * WIDTH + HEADS * DIM + d];
      }
      p[key] = Math.exp(score / Math.sqrt(DIM));
      sum += p[key];
    }
    for (int key = first; key <= row; key++) {
      p[key] /= sum;
    }
    return p;
  }

  private static double mass(double[] p, TokenSpan span) {
    double sum = 0;
    for (int key = span.start(); key < span.end(); key++) {
      sum += p[key];
    }
    return sum;
  }

  // Statistics are fp32 sums of a few dozen numbers: 1e-5. The output of a GPU is made of probabilities, and rounded to
  // bf16 itself: twice 2⁻⁸ of values up to 2.
  @ParameterizedTest
  @MethodSource("devices")
  void attentionWithStatistics(Device device) {
    var qkv = values(TOKENS * WIDTH, 1);
    try (var engine = GpuDevices.openOrSkip(device);
        var inputs = DeviceBuffer.of(engine, qkv);
        var o = DeviceBuffer.zeros(engine, REAL, (long) TOKENS * HEADS * DIM);
        var lse = DeviceBuffer.zeros(engine, FLOAT, HEADS * TOKENS);
        var argmax = DeviceBuffer.zeros(engine, INT, HEADS * TOKENS);
        var maxProb = DeviceBuffer.zeros(engine, FLOAT, HEADS * TOKENS);
        var mass = DeviceBuffer.zeros(engine, FLOAT, HEADS * TOKENS * 2)) {
      AttentionOps.forward(engine, Attention.fused(SHAPE, inputs),
          AttentionOutputs.of(o).lse(lse).best(argmax, maxProb).spanMass(SPANS, mass));
      var output = o.floats();
      double bound = engine.running() == Device.CPU ? 1e-5 : 4.0 / 256;
      for (int head = 0; head < HEADS; head++) {
        for (int row = 0; row < TOKENS; row++) {
          var p = probabilities(qkv, head, row);
          int cell = head * TOKENS + row;
          double best = 0;
          for (double one : p) {
            best = Math.max(best, one);
          }
          assertEquals(best, maxProb.floats(cell, 1)[0], 1e-5);
          assertEquals(best, p[argmax.ints(cell, 1)[0]], 1e-9);
          assertEquals(mass(p, SPANS.get(0)), mass.floats(cell * 2L, 1)[0], 1e-5);
          assertEquals(mass(p, SPANS.get(1)), mass.floats(cell * 2L + 1, 1)[0], 1e-5);
          for (int d = 0; d < DIM; d++) {
            double expected = 0;
            for (int key = 0; key < TOKENS; key++) {
              expected += p[key] * qkv[key * WIDTH + (HEADS + 1) * DIM + d];
            }
            assertEquals(expected, output[row * HEADS * DIM + head * DIM + d], bound);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void scoresOfChosenRows(Device device) {
    var qkv = values(TOKENS * WIDTH, 2);
    int[] rows = {3, 14, 15, 39};
    try (var engine = GpuDevices.openOrSkip(device);
        var inputs = DeviceBuffer.of(engine, qkv);
        var mass = DeviceBuffer.zeros(engine, FLOAT, HEADS * 4 * 2);
        var output = DeviceBuffer.zeros(engine, FLOAT, HEADS * 4 * 2 * DIM);
        var second = DeviceBuffer.zeros(engine, INT, HEADS * 4);
        var columns = DeviceBuffer.zeros(engine, FLOAT, HEADS * TOKENS)) {
      AttentionOps.scoreRows(engine, Attention.fused(SHAPE, inputs),
          RowScores.of(rows).spans(SPANS).spanMass(mass).spanOutput(output).second(second, null).columnSum(columns));
      var masses = mass.floats();
      var outputs = output.floats();
      double bound = engine.running() == Device.CPU ? 1e-5 : 4.0 / 256;
      for (int head = 0; head < HEADS; head++) {
        var sums = new double[TOKENS];
        for (int r = 0; r < rows.length; r++) {
          var p = probabilities(qkv, head, rows[r]);
          for (int key = 0; key < TOKENS; key++) {
            sums[key] += p[key];
          }
          int cell = (head * rows.length + r) * 2;
          assertEquals(mass(p, SPANS.get(1)), masses[cell + 1], 1e-5);
          double expected = 0;
          for (int key = 20; key < 30; key++) {
            expected += p[key] * qkv[key * WIDTH + (HEADS + 1) * DIM + 5];
          }
          assertEquals(expected, outputs[(cell + 1) * DIM + 5], bound);
        }
        var found = columns.floats(head * TOKENS, TOKENS);
        for (int key = 0; key < TOKENS; key++) {
          assertEquals(sums[key], found[key], 2e-5);
        }
        assertEquals(-1, second.ints(head * 4L + 2, 1)[0]); // the first token of a document sees one key
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void opsOfALayer(Device device) {
    var rope = RopeConfig.of(10000);
    try (var engine = GpuDevices.openOrSkip(device);
        var x = DeviceBuffer.of(engine, 3, 4, 0, 5);
        var ones = DeviceBuffer.of(engine, 1, 1);
        var y = DeviceBuffer.zeros(engine, REAL, 4);
        var rstd = DeviceBuffer.zeros(engine, FLOAT, 2);
        var weights = DeviceBuffer.zeros(engine, FLOAT, 4);
        var moments = DeviceBuffer.zeros(engine, FLOAT, 4);
        var gradient = DeviceBuffer.ofFloats(engine, 1, -1, 1, -1)) {
      // Both rows have a mean square of 12.5; a rounding to bf16 is a part of 2⁻⁸.
      Ops.rmsNorm(engine, new Ops.Rows(2, 2), 0, x, ones, y, rstd);
      assertArrayEquals(new float[] {3 / 3.535534f, 4 / 3.535534f, 0, 5 / 3.535534f}, y.floats(), 1.5f / 256);
      assertArrayEquals(new float[] {0.2828427f, 0.2828427f}, rstd.floats(), 1e-6f);
      Ops.linear(engine, new Ops.LinearShape(2, 2, 2), x, x, null, y, 1, 0);
      assertArrayEquals(new float[] {25, 20, 20, 25}, y.floats());
      // gate 0 lets nothing through: rows of gate and up (3, 4), (0, 5).
      Ops.swiglu(engine, new Ops.Rows(2, 1), x, y);
      assertEquals(3 / (1 + Math.exp(-3)) * 4, y.floats()[0], 12.0 / 256);
      assertEquals(0, y.floats()[1]);
      var rotation = Ops.Rotation.of(2, 1, 2, rope, 16);
      Ops.rope(engine, rotation, x);
      assertEquals(-5 * Math.sin(1), x.floats()[2], 5.0 / 256);
      Ops.rope(engine, rotation.inverted(), x);
      assertArrayEquals(new float[] {3, 4, 0, 5}, x.floats(), 10f / 256);
      // Logits of row 0 are (25, 20): the loss of label 1 is 5 + log(1 + e^−5), of row 1's label 1 nearly 0. Exact up
      // to the round trip above.
      x.write(0, 3, 4, 0, 5);
      double loss = Ops.linearCrossEntropy(engine, new Ops.Labels(new int[] {1, 1}, null, 1), 2, 2, x, x, null, null);
      assertEquals(5 + 2 * Math.log1p(Math.exp(-5)), loss, 1e-4);
      // The first step of AdamW moves every weight by the learning rate against the sign of its gradient.
      double norm = Ops.adamW(engine, new Ops.AdamW(0.5, 0.9, 0.999, 0, 0, 0, 1),
          new Ops.AdamWTensor(4, x, null, weights, moments, gradient));
      assertEquals(2, norm, 1e-6);
      assertArrayEquals(new float[] {2.5f, 4.5f, -0.5f, 5.5f}, x.floats(), 1e-5f);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void misuseHasTheSameWordsEverywhere(Device device) {
    try (var engine = GpuDevices.openOrSkip(device);
        var other = Engine.open(Device.CPU, 1);
        var x = DeviceBuffer.zeros(engine, REAL, 64);
        var foreign = DeviceBuffer.zeros(other, REAL, 64);
        var ints = DeviceBuffer.zeros(engine, INT, 64)) {
      var closed = DeviceBuffer.zeros(engine, REAL, 64);
      closed.close();
      var eight = new Ops.Rows(8, 8);
      refused("the buffer is closed", () -> Ops.swiglu(engine, eight, closed, x));
      refused("swiglu_forward: expected 128 elements of gate_up from 0 on but its buffer has 64",
          () -> Ops.swiglu(engine, eight, x, x));
      refused("rmsnorm_forward: expected x to be a buffer of this engine but it is of another",
          () -> Ops.rmsNorm(engine, eight, 0, foreign, x, x, null));
      refused("rmsnorm_forward: expected weight to be a buffer of reals but found one of ints",
          () -> Ops.rmsNorm(engine, eight, 0, x, ints, x, null));
      refused("rmsnorm_forward: y is NULL", () -> Ops.rmsNorm(engine, eight, 0, x, x, null, null));
      refused("linear_cross_entropy: expected label 0 from 0 to 7 but found 8", () -> Ops.linearCrossEntropy(engine,
          new Ops.Labels(new int[] {8}, null, 0), 8, 8, x, x, null, null));
      refused("linear_cross_entropy: expected 1 weights but found 2", () -> Ops.linearCrossEntropy(engine,
          new Ops.Labels(new int[1], new float[2], 0), 8, 8, x, x, null, null));
      var attention = Attention.dense(AttentionShape.of(4, 1, 1, 16), x, x, x);
      refused("attention_forward: expected 64 elements of o from 8 on but its buffer has 64",
          () -> AttentionOps.forward(engine, attention, AttentionOutputs.of(x.at(8))));
      refused("score_rows: expected ascending rows but found 1 after 2",
          () -> AttentionOps.scoreRows(engine, attention, RowScores.of(2, 1)));
      refused("score_rows: expected 4 ids but found 3",
          () -> AttentionOps.scoreRows(engine, attention, RowScores.of(2).pattern(new int[3], null)));
      assertArrayEquals(new int[] {0, 5, -6}, ints.writeInts(1, 5, -6).ints(0, 3));
      refused("ls_buffer_write: the buffer has 64 elements but 2 from 63 were asked for", () -> x.write(63, 1, 2));
    }
  }

  private static void refused(String sentence, Runnable call) {
    var error = assertThrows(EngineException.class, call::run);
    assertEquals(sentence, error.getMessage());
    assertTrue(error.status() == EngineException.INVALID);
  }
}
