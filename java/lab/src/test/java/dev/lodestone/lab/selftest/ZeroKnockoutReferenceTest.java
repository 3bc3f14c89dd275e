package dev.lodestone.lab.selftest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.probe.Knockout;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A head that puts out nothing is one whose columns of the output projection are 0: in float64 that is no edit. */
class ZeroKnockoutReferenceTest {
  private static final int[] TOKENS = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
  private static final List<Head> HEADS = Head.parseList("0-3,1-0,1-2");
  private static final int HEAD_DIM = 8;
  private static final ModelConfig CONFIG = new ModelConfig("LlamaForCausalLM", "llama", 2, 16, 4, 2, HEAD_DIM, 24, 11,
      32, 1e-5, false, false, new int[2],
      new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, 32, 0, 0, 0, 0, 0, 0, 0, true));

  @Test
  void theLossIsThatOfTheReferenceWithoutTheirColumns() {
    var random = new Random(1);
    var weights = new HashMap<String, double[]>();
    try (var engine = Engine.open(Device.CPU, 1); var model = Model.create(engine, CONFIG)) {
      for (var parameter : model.parameters()) {
        float[] values = new float[(int) parameter.count()];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (random.nextGaussian() * 0.3 + (parameter.rank() == 1 ? 1 : 0));
        }
        model.write(parameter.name(), values);
        weights.put(parameter.name(), IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
      }
      var batch = Batch.of(TOKENS).withLabels(TOKENS);
      double whole = new ReferenceDecoder(CONFIG, weights).loss(TOKENS);
      for (Head head : HEADS) {
        double[] w = weights.get("model.layers." + head.layer() + ".self_attn.o_proj.weight");
        int columns = CONFIG.heads() * HEAD_DIM;
        for (int i = 0; i < w.length; i++) {
          w[i] = i % columns / HEAD_DIM == head.head() ? 0 : w[i];
        }
      }
      double expected = new ReferenceDecoder(CONFIG, weights).loss(TOKENS);
      assertTrue(Math.abs(whole - expected) > 0.01, "the heads should matter");
      var edits = new Knockout(Knockout.Mode.ZERO, HEADS).edits();
      // fp32 carries 6e-8 a product; sums of under 100 terms through two layers stay far below 1e-5.
      assertEquals(expected, model.forward(batch, Pass.of().edits(edits).loss()).loss(), 1e-5);
    }
  }
}
