package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class RopePlanTest {
  private static final ModelConfig MODEL = new ModelConfig("LlamaForCausalLM", "llama", 1, 64, 4, 2, 16, 64, 100, 512,
      1e-5, false, false, new int[1], RopeConfig.of(10_000));

  @Test
  void wavelengthsAndTurnsStandSideBySide() {
    ModelConfig after = RopeChange.extend(MODEL, RopeChange.parse("linear=4"), false, 2048);
    List<String> lines = RopePlan.lines(MODEL, after, 2048);
    assertEquals("RoPE theta 10,000 -> theta 10,000 linear by 4.0, length 512 -> 2,048", lines.get(0));
    assertEquals(2 + 5, lines.size());
    // 512 tokens are 512 / 2 pi = 81.49 turns; four times the tokens at four times the wavelength are as many.
    assertEquals("0 6.3 -> 25.1 81.49 -> 81.49", lines.get(2).strip().replaceAll(" +", " "));
    assertEquals("7 19,869.2 -> 79,476.7 0.03 -> 0.03", lines.get(6).strip().replaceAll(" +", " "));
  }

  @Test
  void aLongerContextAloneTurnsFurther() {
    List<String> lines = RopePlan.lines(MODEL, RopeChange.extend(MODEL, null, false, 1024), 1024);
    assertEquals("0 6.3 -> 6.3 81.49 -> 162.97", lines.get(2).strip().replaceAll(" +", " "));
  }

  @Test
  void nothingToSayWhereNothingChanges() {
    assertEquals(List.of(), RopePlan.lines(MODEL, MODEL, 512));
    assertEquals(List.of(), RopePlan.lines(MODEL, MODEL, 128));
  }
}
