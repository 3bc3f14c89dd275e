package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ModelFlopsTest {
  private static final ModelConfig MODEL = new ModelConfig("LlamaForCausalLM", "llama", 2, 16, 4, 2, 8, 24, 50, 64,
      1e-5, false, false, new int[2], RopeConfig.of(10_000));
  /** q, k, v, o, gate, up, down of two layers, and the head; the embedding is only looked up. */
  private static final double MATRICES = 2 * (16 * 32 + 2 * 16 * 16 + 32 * 16 + 3 * 16 * 24) + 16 * 50;

  @Test
  void countsMatricesAndVisiblePairs() {
    try (Engine engine = Engine.open(Device.CPU, 1)) {
      var full = ModelFlops.of(engine, MODEL, Long.MAX_VALUE);
      assertEquals(6 * MATRICES, full.perToken());
      assertEquals(4 * MATRICES + 2 * 100, ModelFlops.of(engine, MODEL, 100).perToken());
      // Forward 2 for scores and 2 for values, each of 8 numbers, for 4 heads in 2 layers; backward twice that.
      assertEquals(3 * 4 * 8 * 4 * 2, full.perPair());
      var batch = new Batch(new int[5], new int[] {0, 2, 5}, null, null); // 1 + 2 and 1 + 2 + 3 pairs
      assertEquals(5 * full.perToken() + 9 * full.perPair(), full.of(List.of(batch)));
      assertTrue(full.utilization(List.of(batch), 1).isEmpty()); // no data sheet promises a CPU's peak
    }
  }

  @Test
  void theShareIsOfThePeak() {
    var flops = new ModelFlops(100, 0, OptionalDouble.of(1000));
    assertEquals(0.25, flops.utilization(List.of(Batch.of(1, 2, 3, 4, 5)), 2).getAsDouble());
  }
}
