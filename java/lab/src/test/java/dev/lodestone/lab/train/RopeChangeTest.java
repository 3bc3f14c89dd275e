package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RopeChangeTest {
  private static ModelConfig model(RopeConfig.Type type) {
    var rope = new RopeConfig(type, 10_000, type == RopeConfig.Type.DEFAULT ? 1 : 2, 512, 1, 4, 32, 1, 0, 0, 0, true);
    return new ModelConfig("LlamaForCausalLM", "llama", 1, 64, 4, 2, 16, 64, 100, 512, 1e-5, false, false, new int[1],
        rope);
  }

  private static ModelConfig extend(RopeConfig.Type type, String change, int length) {
    return RopeChange.extend(model(type), change == null ? null : RopeChange.parse(change), true, length);
  }

  @Test
  void withoutAChangeOnlyTheLengthGrows() {
    ModelConfig same = extend(RopeConfig.Type.DEFAULT, null, 100);
    assertEquals(model(RopeConfig.Type.DEFAULT), same);
    assertEquals(2048, extend(RopeConfig.Type.DEFAULT, null, 2048).maxPositions());
  }

  @Test
  void dynamicRopeKeepsTheLengthThatItsFrequenciesComeFrom() {
    ModelConfig dynamic = extend(RopeConfig.Type.DYNAMIC, null, 4096);
    assertEquals(512, dynamic.maxPositions());
    assertEquals(model(RopeConfig.Type.DYNAMIC).rope(), dynamic.rope());
  }

  @Test
  void thetaAndNtkChangeTheBase() {
    assertEquals(1e6, extend(RopeConfig.Type.DEFAULT, "theta=1e6", 1024).rope().theta());
    // 4^(16/14): the slowest of the 8 frequencies, theta^(-14/16), is divided by exactly 4.
    double theta = extend(RopeConfig.Type.DEFAULT, "ntk=4", 1024).rope().theta();
    assertEquals(Math.pow(10_000, -14.0 / 16) / 4, Math.pow(theta, -14.0 / 16), 1e-15);
    RopeConfig llama3 = extend(RopeConfig.Type.LLAMA3, "theta=1e6", 1024).rope();
    assertEquals(RopeConfig.Type.LLAMA3, llama3.type());
    assertEquals(2, llama3.factor());
  }

  @Test
  void linearAndYarnStartFromTheTrainedLength() {
    RopeConfig linear = extend(RopeConfig.Type.DEFAULT, "linear=4", 2048).rope();
    assertEquals(RopeConfig.Type.LINEAR, linear.type());
    assertEquals(4, linear.factor());
    ModelConfig yarn = extend(RopeConfig.Type.DEFAULT, "yarn=4", 2048);
    assertEquals(RopeConfig.Type.YARN, yarn.rope().type());
    assertEquals(512, yarn.rope().originalPositions());
    assertEquals(2048, yarn.maxPositions());
  }

  @Test
  void theChangedConfigurationIsReadBackAsItWas() {
    for (String change : new String[] {"theta=1e6", "linear=4", "ntk=4", "yarn=4", "llama3=4"}) {
      ModelConfig changed = extend(RopeConfig.Type.DEFAULT, change, 2048);
      ModelConfig read = ModelConfig.parse(changed.toJson(), "config.json");
      assertEquals(changed.maxPositions(), read.maxPositions(), change);
      assertEquals(changed.rope().type(), read.rope().type(), change);
      assertEquals(changed.rope().theta(), read.rope().theta(), change);
      assertEquals(changed.rope().factor(), read.rope().factor(), change);
    }
  }

  @Test
  void llama3HasItsPublishedTurns() {
    ModelConfig llama3 = extend(RopeConfig.Type.DEFAULT, "llama3=8", 4096);
    assertEquals(new RopeConfig(RopeConfig.Type.LLAMA3, 10_000, 8, 512, 1, 4, 32, 1, 0, 0, 0, true), llama3.rope());
    assertEquals(4096, llama3.maxPositions());
  }

  @ParameterizedTest
  @ValueSource(strings = {"theta=1e6", "ntk=4", "linear=4", "yarn=4", "llama3=4"})
  void aModelsOwnScalingIsNotTouchedSilently(String change) {
    var e = assertThrows(LodestoneException.class,
        () -> RopeChange.extend(model(RopeConfig.Type.LLAMA3), RopeChange.parse(change), false, 2048));
    assertTrue(e.getMessage().contains("a RoPE scaling of its own, llama3 by 2.0: add --rope-override"),
        e.getMessage());
  }

  @Test
  void anOverrideReplacesTheScalingFromTheLengthThatItStartedFrom() {
    var scaled = new RopeConfig(RopeConfig.Type.YARN, 10_000, 2, 128, 1, 4, 32, 1, 0, 0, 0, true);
    ModelConfig yarn = RopeChange.extend(model(RopeConfig.Type.DEFAULT).withRope(scaled, 256),
        RopeChange.parse("yarn=8"), true, 1024);
    assertEquals(RopeConfig.yarn(10_000, 8, 128), yarn.rope());
    assertEquals(1024, yarn.maxPositions());
  }

  @ParameterizedTest
  @ValueSource(strings = {"theta", "theta=", "theta=x", "spiral=4", "linear=1", "linear=-4", "yarn=NaN", "YARN=4", "=4"})
  void anythingElseIsRefused(String text) {
    var e = assertThrows(LodestoneException.class, () -> RopeChange.parse(text));
    assertTrue(e.getMessage().contains("expected theta=1e6, linear=4, ntk=4, yarn=4 or llama3=4"), e.getMessage());
  }
}
