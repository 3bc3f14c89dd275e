package dev.lodestone.engine;

/** fp32 on the CPU. */
class GoldenCpuTest extends GoldenTests {
  GoldenCpuTest() {
    super(Device.CPU, Limits.FP32);
  }
}
