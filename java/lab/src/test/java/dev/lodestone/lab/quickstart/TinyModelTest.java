package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import org.junit.jupiter.api.Test;

class TinyModelTest {
  @Test
  void weightsHaveTheVarianceThatTrainingHangsOn() {
    try (Engine engine = Engine.open(Device.CPU); Model model = TinyModel.create(engine, 64, 3);
        Model twin = TinyModel.create(engine, 64, 3)) {
      assertDeviation(1, model, "model.embed_tokens.weight");
      assertDeviation(1 / Math.sqrt(128), model, "lm_head.weight");
      assertDeviation(1 / Math.sqrt(128), model, "model.layers.1.self_attn.q_proj.weight");
      assertDeviation(1 / Math.sqrt(128 * 12), model, "model.layers.2.self_attn.o_proj.weight");
      assertDeviation(1 / Math.sqrt(256 * 12), model, "model.layers.0.mlp.down_proj.weight");
      assertEquals(1, model.read("model.norm.weight")[5]);
      assertArrayEquals(model.read("lm_head.weight"), twin.read("lm_head.weight"));
    }
  }

  private static void assertDeviation(double expected, Model model, String name) {
    float[] values = model.read(name);
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    // The deviation of n normal values is off by 1/sqrt(2n) of itself: 0.6 % at n = 16,384. Over three times that.
    assertEquals(expected, Math.sqrt(squares / values.length), 0.02 * expected, name);
  }
}
