// A kernel that must spill (100 values in the 64 registers of a block of 1,024), for the test of scripts/nvcc_guard.sh.
namespace spill {
__global__ void __launch_bounds__(1024) kernel(float* x, int n) {
  float value[100];
  for (int i = 0; i < 100; i++) value[i] = x[i * n + threadIdx.x];
  for (int k = 0; k < n; k++)
    for (int i = 0; i < 100; i++) value[i] = value[(i + 1) % 100] * value[i] + k;
  for (int i = 0; i < 100; i++) x[i * n + threadIdx.x] = value[i];
}
}  // namespace spill
