package dev.lodestone.lab.selftest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.Arrays;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

class SelfTestTest {
  @Test
  void theCpuPasses() {
    try (Engine engine = Engine.open(Device.CPU)) {
      SelfTest.Result result = SelfTest.check(engine);
      assertTrue(result.passed(), result.toString());
    }
  }

  @Test
  void aWrongFigureFails() {
    assertFalse(new SelfTest.Result(1e-3, 0, 2, 1, 1e-4, 0).passed());
    assertFalse(new SelfTest.Result(0, 1e-3, 2, 1, 1e-4, 0).passed());
    assertFalse(new SelfTest.Result(0, 0, 1, 1, 1e-4, 0).passed());
    assertFalse(new SelfTest.Result(Double.NaN, 0, 2, 1, 1e-4, 0).passed());
    assertTrue(new SelfTest.Result(1e-5, 1e-5, 2, 1, 1e-4, 0).passed());
  }

  /** With a head of zeros every token is as likely as any other: the loss is ln of the vocabulary. */
  @Test
  void theReferenceKnowsTheUniformLoss() {
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, 100, 1, 8, 0, 0, 0, 0, 0, 0, 0, true);
    var config = new ModelConfig("LlamaForCausalLM", "llama", 1, 8, 2, 1, 8, 8, 10, 8, 1e-5, false, false, new int[1],
        rope);
    var weights = new HashMap<String, double[]>();
    for (var parameter : config.parameters()) {
      double[] values = new double[(int) (parameter.rows() * parameter.columns())];
      Arrays.fill(values, parameter.name().equals("lm_head.weight") ? 0 : 0.5);
      weights.put(parameter.name(), values);
    }
    assertEquals(Math.log(10), new ReferenceDecoder(config, weights).loss(1, 2, 3), 1e-12);
  }
}
