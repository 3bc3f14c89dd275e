// Attention forward with online softmax: a block takes 128 rows of one query head, each of its four warps 32 of them, and walks from left to right
// over the keys they see, in tiles of 64 (32 at head_dim 128). README.md has the derivation, the choice of tiles and the limits.
#include "ops/attention/attention.h"
#include "ops/attention/mask_device.h"
#include "ops/attention/softmax_device.h"
#include "ops/attention/span_device.h"
#include "runtime/device.h"
#include "runtime/error.h"

namespace ls::LS_GPU {
namespace attention {

constexpr int kThreads = 128, kRowTiles = 2, kWarpRows = 16 * kRowTiles, kRows = kThreads / 32 * kWarpRows;
template <int kDim>
constexpr int kKeys = kDim == 128 ? 32 : 64;  // a tile's; with more, head_dim 128 spills registers

// scores = Q·Kᵀ. Both row tiles use a fragment of K that is read once.
template <int kDim, int kKeyTiles>
LS_DEVICE void multiply_queries(float (&scores)[kRowTiles][kKeyTiles][4], bf16* q, int row, bf16* k) {
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int n = 0; n < kKeyTiles; n++)
      LS_UNROLL
      for (int e = 0; e < 4; e++) scores[m][n][e] = 0;
  LS_UNROLL
  for (int d = 0; d < kDim; d += 16) {
    uint32_t left[kRowTiles][4];
    LS_UNROLL
    for (int m = 0; m < kRowTiles; m++) tile::load_a<kDim>(left[m], q, row + m * 16, d);
    LS_UNROLL
    for (int n = 0; n < kKeyTiles; n += 2) {
      uint32_t right[4];
      tile::load_b<kDim>(right, k, n * 8, d);
      LS_UNROLL
      for (int m = 0; m < kRowTiles; m++) {
        mma_16816(scores[m][n], left[m], right[0], right[1]);
        mma_16816(scores[m][n + 1], left[m], right[2], right[3]);
      }
    }
  }
}

// out += P·V, P rounded to bf16; sum += Σ P. P is made from the scores 16 keys at a time, so that it needs few registers.
template <int kDim, int kKeyTiles>
LS_DEVICE void add_values(float (&out)[kRowTiles][kDim / 8][4], SoftmaxRows<kRowTiles>& rows, const float (&scores)[kRowTiles][kKeyTiles][4],
                          float factor, bf16* v) {
  LS_UNROLL
  for (int k = 0; k < kKeyTiles; k += 2) {
    uint32_t left[kRowTiles][4];
    LS_UNROLL
    for (int m = 0; m < kRowTiles; m++) {
      float p[2][4];
      exponentials(p[0], rows.sum[m], scores[m][k], rows.top[m], factor);
      exponentials(p[1], rows.sum[m], scores[m][k + 1], rows.top[m], factor);
      tile::as_a(left[m], p[0], p[1]);
    }
    LS_UNROLL
    for (int n = 0; n < kDim / 8; n += 2) {
      uint32_t right[4];
      tile::load_b_transposed<kDim>(right, v, k * 8, n * 8);
      LS_UNROLL
      for (int m = 0; m < kRowTiles; m++) {
        mma_16816(out[m][n], left[m], right[0], right[1]);
        mma_16816(out[m][n + 1], left[m], right[2], right[3]);
      }
    }
  }
}

template <int kDim, Collect kCollect>
constexpr int forward_shared() {
  constexpr int kTiles = (kRows + 4 * kKeys<kDim>) * kDim * 2, kBest = kCollect == Collect::nothing ? 0 : kRows * 4;
  return kTiles + kBest + (kCollect == Collect::spans ? kRows * kForwardSpans * static_cast<int>(sizeof(SpanMass)) : 0);
}

// Blocks of one key/value head follow each other, so that its keys and values are in the L2 cache; the last rows, which see most keys, go first.
template <int kDim, Collect kCollect>
LS_KERNEL(kThreads, 2) forward_kernel(const AttentionForward<bf16> a) {
  constexpr int keys = kKeys<kDim>;
  LS_SHARED(shared);
  bf16* const q_tile = reinterpret_cast<bf16*>(shared);
  bf16* const k_tile = q_tile + kRows * kDim;      // two stages
  bf16* const v_tile = k_tile + 2 * keys * kDim;   // two stages
  int* const best = reinterpret_cast<int*>(v_tile + 2 * keys * kDim);
  SpanMass* const masses = reinterpret_cast<SpanMass*>(best + kRows);

  const int tokens = static_cast<int>(a.shape.tokens), head = blockIdx.z * gridDim.x + blockIdx.x;
  const int block_row = (gridDim.y - 1 - blockIdx.y) * kRows, end = min(block_row + kRows, tokens);
  const int warp_row = block_row + tile::warp() * kWarpRows, warp_last = min(warp_row + kWarpRows, tokens) - 1;
  const int warp_full = first_key(a.shape, warp_last);
  const float factor = a.shape.scale * kLog2E;
  const auto copy_keys = [&](int key, int stage) {
    const int64_t from = blockIdx.z * kDim + key * a.kv_stride;
    tile::copy_in<kDim, keys, kThreads>(k_tile + stage * keys * kDim, a.k + from, a.kv_stride, tokens - key);
    tile::copy_in<kDim, keys, kThreads>(v_tile + stage * keys * kDim, a.v + from, a.kv_stride, tokens - key);
    copy_async_commit();
  };
  int key = first_key(a.shape, block_row) / keys * keys, stage = 0;
  tile::copy_in<kDim, kRows, kThreads>(q_tile, a.q + block_row * a.q_stride + head * kDim, a.q_stride, tokens - block_row);
  copy_keys(key, 0);

  float out[kRowTiles][kDim / 8][4];
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int n = 0; n < kDim / 8; n++)
      LS_UNROLL
      for (int e = 0; e < 4; e++) out[m][n][e] = 0;
  SoftmaxRows<kRowTiles> rows;
  begin(rows);
  if constexpr (kCollect != Collect::nothing) best[threadIdx.x] = -1;
  if constexpr (kCollect == Collect::spans) clear_masses<kRowTiles>(masses, tile::warp() * kWarpRows);

  LS_NO_UNROLL
  for (; key < end; key += keys, stage ^= 1) {
    copy_async_wait<0>();
    __syncthreads();  // the tile has arrived for everyone, and nobody reads the other stage any more
    if (key + keys < end) copy_keys(key + keys, stage ^ 1);
    const bool left = key < warp_full, right = key + keys - 1 > warp_row;  // not all rows of the warp see the first key, the last key
    if ((right && key > warp_last) || (left && key + keys <= first_key(a.shape, warp_row))) continue;

    float scores[kRowTiles][keys / 8][4];
    multiply_queries<kDim>(scores, q_tile, tile::warp() * kWarpRows, k_tile + stage * keys * kDim);
    if (left || right) mask(scores, a.shape, warp_row, key);
    raise<kCollect>(rows, out, scores, factor, best + tile::warp() * kWarpRows, key);
    if constexpr (kCollect == Collect::spans) add_masses(masses, tile::warp() * kWarpRows, rows, scores, a.statistics, factor, key);
    add_values<kDim>(out, rows, scores, factor, v_tile + stage * keys * kDim);
  }
  if (warp_row >= tokens) return;

  __syncwarp();  // the warp has read its queries; their place now takes its output
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int half = 0; half < 2; half++) {
      const float sum = tile::row_sum(rows.sum[m][half]), inverse = 1 / sum;
      const int row = warp_row + m * 16 + half * 8 + tile::lane() / 4;
      LS_UNROLL
      for (int n = 0; n < kDim / 8; n++) out[m][n][2 * half] *= inverse, out[m][n][2 * half + 1] *= inverse;
      if (tile::lane() % 4 || row >= tokens) continue;
      const float top = rows.top[m][half], at = reference(top, factor);
      const int64_t cell = static_cast<int64_t>(head) * tokens + row;
      a.lse[cell] = at * kLn2 + logf(sum);
      if constexpr (kCollect != Collect::nothing) {
        a.statistics.argmax[cell] = best[row - block_row];
        if (a.statistics.max_prob) a.statistics.max_prob[cell] = exp2_approx(fmaf(top, factor, -at)) * inverse;
      }
      if constexpr (kCollect == Collect::spans) write_masses(a, masses + (row - block_row) * kForwardSpans, cell, row, at, inverse);
    }
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int n = 0; n < kDim / 8; n++) tile::store<kDim>(q_tile, tile::warp() * kWarpRows + m * 16, n * 8, out[m][n]);
  __syncwarp();
  const int64_t o_stride = a.shape.heads * kDim;
  tile::copy_out<kDim, kWarpRows>(a.o + warp_row * o_stride + head * kDim, o_stride, q_tile, tile::warp() * kWarpRows, tokens - warp_row);
}

template <int kDim, Collect kCollect>
void start_forward(const AttentionForward<bf16>& a) {
  const unsigned kv_heads = static_cast<unsigned>(a.shape.kv_heads), group = static_cast<unsigned>(a.shape.heads) / kv_heads;
  const unsigned blocks = static_cast<unsigned>((a.shape.tokens + kRows - 1) / kRows);
  launch("attention forward", forward_kernel<kDim, kCollect>, dim3(group, blocks, kv_heads), dim3(kThreads), forward_shared<kDim, kCollect>(), a);
}

template <int kDim>
void start_forward(const AttentionForward<bf16>& a) {
  if (!a.statistics.argmax) return start_forward<kDim, Collect::nothing>(a);
  if (!a.statistics.spans) return start_forward<kDim, Collect::best>(a);
  start_forward<kDim, Collect::spans>(a);
}

}  // namespace attention

void attention_forward(const AttentionForward<bf16>& args) {
  AttentionForward<bf16> a = args;
  if (a.shape.window >= a.shape.tokens) a.shape.window = 0;
  switch (a.shape.head_dim) {
    case 16: return attention::start_forward<16>(a);
    case 32: return attention::start_forward<32>(a);
    case 64: return attention::start_forward<64>(a);
    case 128: return attention::start_forward<128>(a);
    default: fail(LS_UNSUPPORTED, "attention on a GPU needs head_dim 16, 32, 64 or 128, not ", a.shape.head_dim);
  }
}

}  // namespace ls::LS_GPU
