package dev.lodestone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RopeFrequenciesTest {
  private static final int PAIRS = 8;

  private static RopeFrequencies of(RopeConfig rope, long length) {
    return RopeFrequencies.of(new ModelConfig("LlamaForCausalLM", "llama", 1, 64, 4, 2, 2 * PAIRS, 64, 100, 512, 1e-5,
        false, false, new int[1], rope), length);
  }

  @Test
  void plainFrequenciesFallGeometrically() {
    var plain = of(RopeConfig.of(10_000), 512);
    assertEquals(2 * Math.PI, plain.wavelength(0), 1e-12);
    assertEquals(2 * Math.PI * Math.pow(10_000, 14.0 / 16), plain.wavelength(7), 1e-6);
  }

  @Test
  void linearStretchesAll() {
    var plain = of(RopeConfig.of(10_000), 512);
    var linear = of(RopeConfig.linear(10_000, 4), 512);
    for (int i = 0; i < PAIRS; i++) {
      assertEquals(4 * plain.wavelength(i), linear.wavelength(i), 1e-9 * linear.wavelength(i));
    }
  }

  @Test
  void dynamicFollowsTheLength() {
    var rope = new RopeConfig(RopeConfig.Type.DYNAMIC, 10_000, 2, 512, 1, 4, 32, 1, 0, 0, 0, true);
    var plain = of(RopeConfig.of(10_000), 512);
    assertArrayEquals(plain.inverse(), of(rope, 512).inverse());
    // Twice the length with factor 2: the base grows by 3^(16/14), so the slowest is stretched by exactly 3.
    assertEquals(3 * plain.wavelength(7), of(rope, 1024).wavelength(7), 1e-6);
    assertEquals(plain.wavelength(0), of(rope, 1024).wavelength(0), 1e-12);
  }

  @Test
  void llama3StretchesWhatTurnsLessThanOnce() {
    var plain = of(RopeConfig.of(10_000), 512);
    var rope = new RopeConfig(RopeConfig.Type.LLAMA3, 10_000, 8, 512, 1, 4, 32, 1, 0, 0, 0, true);
    var scaled = of(rope, 4096);
    for (int i = 0; i < PAIRS; i++) {
      double turns = 512 / plain.wavelength(i);
      double stretch = scaled.wavelength(i) / plain.wavelength(i);
      if (turns >= 4) {
        assertEquals(1, stretch, 1e-12);
      } else if (turns <= 1) {
        assertEquals(8, stretch, 1e-12);
      } else { // in between 1/stretch is a blend of both, linear in the turns
        assertEquals((turns - 1) / 3 + (4 - turns) / 3 / 8, 1 / stretch, 1e-12);
      }
    }
  }

  @Test
  void yarnKeepsTheFastAndStretchesTheSlow() {
    var plain = of(RopeConfig.of(10_000), 512);
    var yarn = of(RopeConfig.yarn(10_000, 4, 512), 2048);
    // 16 ln(512 / (2 pi turns)) / (2 ln 10000): pair 0.8 turns 32 times, pair 3.8 once, so the ramp is from 0 to 4.
    for (int i = 0; i < PAIRS; i++) {
      double interpolated = Math.min(1, i / 4.0);
      assertEquals(plain.inverse()[i] * (1 - interpolated + interpolated / 4), yarn.inverse()[i], 1e-15);
    }
  }
}
