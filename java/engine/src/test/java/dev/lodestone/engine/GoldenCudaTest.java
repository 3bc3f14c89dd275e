package dev.lodestone.engine;

/** bf16 on a GPU. */
class GoldenCudaTest extends GoldenTests {
  GoldenCudaTest() {
    super(Device.CUDA, Limits.BF16);
  }
}
