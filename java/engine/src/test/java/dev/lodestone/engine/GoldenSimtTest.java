package dev.lodestone.engine;

/** The CUDA kernels under the emulator. */
class GoldenSimtTest extends GoldenTests {
  GoldenSimtTest() {
    super(Device.SIMT, Limits.BF16);
  }
}
