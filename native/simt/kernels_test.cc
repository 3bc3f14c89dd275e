// Ordinary kernels run as on a GPU, in every schedule: threads, blocks, barriers, warps, asynchronous copies, tensor cores, atomics.
#include "runtime/device.h"
#include "testing/gpu_check.h"

namespace ls::LS_GPU {

// out[i] = a[i] + a[n − 1 − i], through a tile that a barrier separates.
LS_KERNEL(128) reverse_kernel(const float* a, float* out, int n) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  const int i = blockIdx.x * blockDim.x + threadIdx.x, other = n - 1 - i;
  tile[threadIdx.x] = other >= 0 ? a[other] : 0.0f;
  __syncthreads();
  if (i < n) out[i] = a[i] + tile[threadIdx.x];
}

// Sum of each row of 128 by shuffles and one word for each warp.
LS_KERNEL(128) row_sum_kernel(const float* rows, float* sums) {
  LS_SHARED(shared);
  float* of_warp = reinterpret_cast<float*>(shared);
  float x = rows[blockIdx.x * 128 + threadIdx.x];
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(kWholeWarp, x, step);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = x;
  __syncthreads();
  if (threadIdx.x == 0) sums[blockIdx.x] = of_warp[0] + of_warp[1] + of_warp[2] + of_warp[3];
}

// C (16·gridDim.x × 8) = A (16·gridDim.x × 16·steps) · B: tiles come by cp.async in two stages.
LS_KERNEL(32) product_kernel(const bf16* a, const bf16* b_rows, float* c, int steps) {
  LS_SHARED(shared);
  bf16* tile_a = reinterpret_cast<bf16*>(shared);  // [2][16][16]
  bf16* tile_b = tile_a + 2 * 256;                 // [2][16][16], rows are k; the right half is zeros
  const int lane = threadIdx.x, row = lane / 2, half = lane % 2 * 8;
  const auto fetch = [&](int step) {
    const int stage = step % 2 * 256;
    copy_async_16(tile_a + stage + row * 16 + half, a + (int64_t{blockIdx.x} * 16 + row) * 16 * steps + step * 16 + half, true);
    copy_async_16(tile_b + stage + row * 16 + half, b_rows + (step * 16 + row) * 8, half == 0);
    copy_async_commit();
  };
  float d[4] = {0, 0, 0, 0};
  fetch(0);
  for (int step = 0; step < steps; step++) {
    if (step + 1 < steps) {
      fetch(step + 1);
      copy_async_wait<1>();
    } else {
      copy_async_wait<0>();
    }
    __syncwarp();
    uint32_t fa[4], fb[4];
    load_matrix_x4(fa, tile_a + step % 2 * 256 + (lane % 16) * 16 + lane / 16 * 8);
    load_matrix_x4_transposed(fb, tile_b + step % 2 * 256 + (lane % 16) * 16 + lane / 16 * 8);
    mma_16816(d, fa, fb[0], fb[1]);
    __syncwarp();
  }
  for (int q = 0; q < 4; q++) c[(blockIdx.x * 16 + lane / 4 + q / 2 * 8) * 8 + lane % 4 * 2 + q % 2] = d[q];
}

LS_KERNEL(64) histogram_kernel(const int* values, int n, int* counts, float* total) {
  LS_SHARED(shared);
  int* mine = reinterpret_cast<int*>(shared);
  for (int i = threadIdx.x; i < 8; i += blockDim.x) mine[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&mine[values[i] & 7], 1);
    reduce_add(total, static_cast<float>(values[i]));
  }
  __syncthreads();
  if (threadIdx.x < 8) atomicAdd(&counts[threadIdx.x], mine[threadIdx.x]);
}

}  // namespace ls::LS_GPU

namespace {

using namespace ls;
using namespace ls::testing;

TEST(block_barrier) {
  const int n = 1000;
  const std::vector<float> a = normal(n, 1);
  for_each_schedule([&] {
    OnDevice<float> from(a), to(n);
    gpu::launch("reverse", gpu::reverse_kernel, dim3((n + 127) / 128), dim3(128), 512, from.get(), to.get(), n);
    const std::vector<float> got = to.read();
    for (int i = 0; i < n; i++) CHECK(got[i] == a[i] + a[n - 1 - i]);
  });
}

TEST(row_sums) {
  const int rows = 5;
  const std::vector<float> a = normal(rows * 128, 2);
  CHECK_SAME_IN_EVERY_SCHEDULE([&] {
    OnDevice<float> from(a), to(rows);
    gpu::launch("row_sum", gpu::row_sum_kernel, dim3(rows), dim3(128), 16, from.get(), to.get());
    const std::vector<float> got = to.read();
    for (int row = 0; row < rows; row++) {
      double want = 0;
      for (int i = 0; i < 128; i++) want += a[row * 128 + i];
      CHECK(std::abs(got[row] - want) < 128 * 1e-6);
    }
    return got;
  });
}

TEST(matrix_product) {
  const int tiles = 3, steps = 5, k = steps * 16;
  const std::vector<bf16> a = normal_bf16(tiles * 16 * k, 3), b = normal_bf16(k * 8, 4);
  std::vector<double> want(tiles * 16 * 8);
  for (int i = 0; i < tiles * 16; i++)
    for (int j = 0; j < 8; j++)
      for (int l = 0; l < k; l++) want[i * 8 + j] += double{to_float(a[i * k + l])} * to_float(b[l * 8 + j]);
  for_each_schedule([&] {
    OnDevice<bf16> da(a), db(b);
    OnDevice<float> c(tiles * 16 * 8);
    gpu::launch("product", gpu::product_kernel, dim3(tiles), dim3(32), 2048, da.get(), db.get(), c.get(), steps);
    CHECK_CLOSE(c.read().data(), want.data(), want.size(), 80 * 1e-6, 0);  // sums of 80 products of about 1
    CHECK(::simt::counters().mma == tiles * steps);
  });
}

TEST(atomics) {
  std::vector<int> values(777), counts(8);
  int sum = 0;
  for (int i = 0; i < 777; i++) counts[(values[i] = i * 7 % 23) & 7]++, sum += values[i];
  for_each_schedule([&] {
    OnDevice<int> from(values), to(8, 0);
    OnDevice<float> total(1, 0.0f);
    gpu::launch("histogram", gpu::histogram_kernel, dim3(3), dim3(64), 32, from.get(), 777, to.get(), total.get());
    CHECK(to.read() == counts);
    CHECK(total.read()[0] == sum);
  });
}

}  // namespace
