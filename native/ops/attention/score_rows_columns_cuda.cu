// Probability that chosen rows together put on each key: one block a query head and 128 keys, which stay in shared memory; each warp takes every fourth 16 rows
// that see any of them, knowing their lse. Sums run over the rows in their order, so there is nothing to be atomic.
#include "ops/attention/score_rows_device.h"

namespace ls::LS_GPU {
namespace scores {

constexpr int kBlockKeys = 2 * kKeys, kKeyTiles = kKeys / 8;

// A lane's two rows, g and g + 8 of 16; behind the last: sees nothing.
template <int kDim>
struct RowTile {
  int begin[2], token[2];
  float minus_lse[2];
  uint32_t q[1][kDim / 16][4];
};

template <int kDim>
LS_DEVICE void load_rows(RowTile<kDim>& lines, const ScoreRows<bf16>& a, const float* lse2, int head, int top) {
  const bf16* query[2];
  LS_UNROLL
  for (int half = 0; half < 2; half++) {
    const int64_t row = top + half * 8 + tile::lane() / 4;
    lines.begin[half] = 0, lines.token[half] = -1, lines.minus_lse[half] = 0, query[half] = nullptr;
    if (row >= a.rows) continue;
    lines.token[half] = static_cast<int>(a.row[row]);
    lines.begin[half] = attention::first_key(a.shape, lines.token[half]);
    lines.minus_lse[half] = -lse2[head * a.rows + row];
    query[half] = a.q + lines.token[half] * a.q_stride + head * kDim;
  }
  load_queries<kDim>(lines.q[0], query[0], query[1]);
}

template <int kDim>
LS_KERNEL(kThreads, 2) column_kernel(const ScoreRows<bf16> a, const float* lse2) {
  LS_SHARED(shared);
  bf16* const keys = reinterpret_cast<bf16*>(shared);
  float* const sums = reinterpret_cast<float*>(keys + kBlockKeys * kDim);  // (warps, keys)

  const int head = blockIdx.x, group = static_cast<int>(a.shape.heads / a.shape.kv_heads), first = blockIdx.y * kBlockKeys;
  const int tokens = static_cast<int>(a.shape.tokens), rows = static_cast<int>(a.rows);
  const float factor = a.shape.scale * kLog2E;
  tile::copy_in<kDim, kBlockKeys, kThreads>(keys, a.k + first * a.kv_stride + head / group * kDim, a.kv_stride, tokens - first);
  copy_async_commit();

  const auto next = [&](int top) {  // the first 16 rows from `top` on, of this warp, that see any of the keys
    while (top < rows && (a.row[min(top + 15, rows - 1)] < first || attention::first_key(a.shape, static_cast<int>(a.row[top])) >= first + kBlockKeys))
      top += kWarps * 16;
    return top;
  };
  int top = next(tile::warp() * 16);
  RowTile<kDim> lines;
  load_rows(lines, a, lse2, head, top);
  float column[2][kKeyTiles][2];
  LS_UNROLL
  for (int part = 0; part < 2; part++)
    LS_UNROLL
    for (int n = 0; n < kKeyTiles; n++) column[part][n][0] = column[part][n][1] = 0;
  copy_async_wait<0>();
  __syncthreads();  // the keys have arrived for everyone
  LS_NO_UNROLL
  while (top < rows) {
    LS_UNROLL
    for (int part = 0; part < 2; part++) {
      float p[1][kKeyTiles][4];
      multiply<kDim>(p, lines.q, keys, part * kKeys);
      LS_UNROLL
      for (int n = 0; n < kKeyTiles; n++)
        LS_UNROLL
        for (int e = 0; e < 4; e++) {
          const int key = first + part * kKeys + n * 8 + tile::lane() % 4 * 2 + e % 2;
          if (key >= lines.begin[e / 2] && key <= lines.token[e / 2]) column[part][n][e % 2] += exp2_approx(fmaf(p[0][n][e], factor, lines.minus_lse[e / 2]));
        }
    }
    top = next(top + kWarps * 16);
    load_rows(lines, a, lse2, head, top);
  }

  LS_UNROLL
  for (int part = 0; part < 2; part++)
    LS_UNROLL
    for (int n = 0; n < kKeyTiles; n++)
      LS_UNROLL
      for (int e = 0; e < 2; e++) {
        float x = column[part][n][e];
        x += __shfl_xor_sync(kWholeWarp, x, 4);
        x += __shfl_xor_sync(kWholeWarp, x, 8);
        x += __shfl_xor_sync(kWholeWarp, x, 16);
        if (tile::lane() < 4) sums[tile::warp() * kBlockKeys + part * kKeys + n * 8 + tile::lane() * 2 + e] = x;
      }
  __syncthreads();  // all warps' sums are there
  const int key = threadIdx.x;
  static_assert(kThreads == kBlockKeys, "a thread a key");
  if (first + key >= tokens) return;
  float sum = 0;
  for (int w = 0; w < kWarps; w++) sum += sums[w * kBlockKeys + key];
  a.column_sum[static_cast<int64_t>(head) * tokens + first + key] = sum;
}

template <int kDim>
void start_columns(const ScoreRows<bf16>& a, const float* lse2) {
  const dim3 grid(static_cast<unsigned>(a.shape.heads), static_cast<unsigned>((a.shape.tokens + kBlockKeys - 1) / kBlockKeys));
  launch("column sums of rows", column_kernel<kDim>, grid, dim3(kThreads), kBlockKeys * (kDim * sizeof(bf16) + kWarps * sizeof(float)), a, lse2);
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
