#include "runtime/device.h"
#include "runtime/vector_device.h"

#include "ops/linear/column_sums.h"

namespace ls::LS_GPU {

namespace linear {

// A block owns 32 columns (64 bytes of a row, so that a narrow matrix too has many blocks) and walks down all rows.
constexpr int kThreads = 512, kColumns = 32, kWarps = kThreads / 32;
constexpr int kAhead = 4;  // loads in flight

template <int kWide>
LS_KERNEL(kThreads) column_sums_kernel(ColumnSums a) {
  constexpr int kAcross = kColumns / kWide, kRows = kThreads / kAcross;  // threads beside and below each other
  LS_SHARED(shared);
  float* of_warp = reinterpret_cast<float*>(shared);  // [kWarps][kColumns]
  const int across = threadIdx.x % kAcross, warp = threadIdx.x / 32;
  const int64_t first = int64_t{blockIdx.x} * kColumns, column = first + across * kWide;
  float sum[kWide] = {};
  if (column < a.columns)
    for (int64_t r = threadIdx.x / kAcross; r < a.rows; r += kRows * kAhead) {
      typename Stored<kWide>::Type value[kAhead] = {};
      LS_UNROLL
      for (int i = 0; i < kAhead; i++)
        if (r + i * kRows < a.rows) value[i] = load_stored<kWide>(a.in + (r + i * kRows) * a.stride + column);
      LS_UNROLL
      for (int i = 0; i < kAhead; i++) {
        float x[kWide];
        unpack(x, value[i]);
        LS_UNROLL
        for (int j = 0; j < kWide; j++) sum[j] += x[j];
      }
    }
  LS_UNROLL
  for (int step = 16; step >= kAcross; step /= 2) {
    LS_UNROLL
    for (int j = 0; j < kWide; j++) sum[j] += __shfl_xor_sync(kWholeWarp, sum[j], step);
  }
  if (threadIdx.x % 32 < kAcross) {
    LS_UNROLL
    for (int j = 0; j < kWide; j++) of_warp[warp * kColumns + across * kWide + j] = sum[j];
  }
  __syncthreads();
  if (threadIdx.x < kColumns && first + threadIdx.x < a.columns) {
    float total = 0;
    for (int w = 0; w < kWarps; w++) total += of_warp[w * kColumns + threadIdx.x];
    a.sums[first + threadIdx.x] += total;
  }
}

}  // namespace linear

void column_sums(const ColumnSums& a) {
  using namespace linear;
  if (a.rows == 0) return;
  const bool wide = a.columns % kVector == 0 && a.stride % kVector == 0 && aligned_16(a.in);
  const dim3 blocks(static_cast<unsigned>((a.columns + kColumns - 1) / kColumns));
  launch("bias gradient", wide ? column_sums_kernel<kVector> : column_sums_kernel<1>, blocks, dim3(kThreads), kWarps * kColumns * sizeof(float), a);
}

}  // namespace ls::LS_GPU
