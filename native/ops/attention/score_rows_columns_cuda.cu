// Probability that chosen rows together put on each key: one block a query head and tile of keys, which stays in shared memory, goes through all rows that
// see any of it, knowing their lse. Sums run over the rows in their order, so there is nothing to be atomic.
#include "ops/attention/score_rows_device.h"

namespace ls::LS_GPU {
namespace scores {

constexpr int kColumnTiles = kKeys / 8;

template <int kDim>
LS_KERNEL(kThreads, 2) column_kernel(const ScoreRows<bf16> a, const float* lse2) {
  LS_SHARED(shared);
  bf16* const keys = reinterpret_cast<bf16*>(shared);
  float* const sums = reinterpret_cast<float*>(keys + kKeys * kDim);  // (warps, keys)

  const int head = blockIdx.x, group = static_cast<int>(a.shape.heads / a.shape.kv_heads), first = blockIdx.y * kKeys;
  const int tokens = static_cast<int>(a.shape.tokens), rows = static_cast<int>(a.rows);
  const float factor = a.shape.scale * kLog2E;
  tile::copy_in<kDim, kKeys, kThreads>(keys, a.k + first * a.kv_stride + head / group * kDim, a.kv_stride, tokens - first);
  copy_async_commit();
  copy_async_wait<0>();
  __syncthreads();

  float column[kColumnTiles][2];
  LS_UNROLL
  for (int n = 0; n < kColumnTiles; n++) column[n][0] = column[n][1] = 0;
  LS_NO_UNROLL
  for (int top = tile::warp() * 16; top < rows; top += kWarps * 16) {
    if (a.row[min(top + 15, rows - 1)] < first || attention::first_key(a.shape, static_cast<int>(a.row[top])) >= first + kKeys) continue;
    int token[2], begin[2];
    float minus_lse[2];
    const bf16* query[2];
    LS_UNROLL
    for (int half = 0; half < 2; half++) {
      const int row = top + half * 8 + tile::lane() / 4;
      token[half] = -1, begin[half] = 0, minus_lse[half] = 0, query[half] = nullptr;
      if (row >= rows) continue;
      token[half] = static_cast<int>(a.row[row]);
      begin[half] = attention::first_key(a.shape, token[half]);
      minus_lse[half] = -lse2[static_cast<int64_t>(head) * rows + row];
      query[half] = a.q + token[half] * a.q_stride + head * kDim;
    }
    uint32_t q[1][kDim / 16][4];
    load_queries<kDim>(q[0], query[0], query[1]);
    float p[1][kColumnTiles][4];
    multiply<kDim>(p, q, keys, 0);
    LS_UNROLL
    for (int n = 0; n < kColumnTiles; n++)
      LS_UNROLL
      for (int e = 0; e < 4; e++) {
        const int key = first + n * 8 + tile::lane() % 4 * 2 + e % 2;
        if (key >= begin[e / 2] && key <= token[e / 2]) column[n][e % 2] += exp2_approx(fmaf(p[0][n][e], factor, minus_lse[e / 2]));
      }
  }

  LS_UNROLL
  for (int n = 0; n < kColumnTiles; n++)
    LS_UNROLL
    for (int e = 0; e < 2; e++) {
      float& x = column[n][e];
      x += __shfl_xor_sync(kWholeWarp, x, 4);
      x += __shfl_xor_sync(kWholeWarp, x, 8);
      x += __shfl_xor_sync(kWholeWarp, x, 16);
      if (tile::lane() < 4) sums[tile::warp() * kKeys + n * 8 + tile::lane() * 2 + e] = x;
    }
  __syncthreads();
  const int key = threadIdx.x;
  if (key >= kKeys || first + key >= tokens) return;
  float sum = 0;
  for (int w = 0; w < kWarps; w++) sum += sums[w * kKeys + key];
  a.column_sum[static_cast<int64_t>(head) * tokens + first + key] = sum;
}

template <int kDim>
void start_columns(const ScoreRows<bf16>& a, const float* lse2) {
  const dim3 grid(static_cast<unsigned>(a.shape.heads), static_cast<unsigned>((a.shape.tokens + kKeys - 1) / kKeys));
  launch("column sums of rows", column_kernel<kDim>, grid, dim3(kThreads), kKeys * (kDim * sizeof(bf16) + kWarps * sizeof(float)), a, lse2);
}

void start_columns(const ScoreRows<bf16>& a, const float* lse2) {
  switch (a.shape.head_dim) {
    case 16: return start_columns<16>(a, lse2);
    case 32: return start_columns<32>(a, lse2);
    case 64: return start_columns<64>(a, lse2);
    default: return start_columns<128>(a, lse2);
  }
}

}  // namespace scores
}  // namespace ls::LS_GPU
