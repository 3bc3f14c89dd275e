// Mass that chosen rows put on spans of keys, and with it the part of the heads' output that comes from there: one block a span, 64 lines and key/value
// head walks over the keys that the lines see of the span, knowing the rows' lse.
//
// p goes into the product with the values as two bf16 terms, p ≈ high + low, which together have 16 significant bits: spans are short, so the second
// product costs nothing, and the result is as exact as the masses.
#include "ops/attention/score_rows_device.h"
#include "runtime/error.h"

namespace ls::LS_GPU {
namespace scores {

constexpr int kKeyTiles = 4, kStep = 8 * kKeyTiles;  // keys that are in registers at once
constexpr int kBlockLines = 16 * kWarps;

// out += p·V for the keys of the tile from row `first` on.
template <int kDim>
LS_DEVICE void add_values(float (&out)[kDim / 8][4], float (&p)[kKeyTiles][4], bf16* values, int first) {
  LS_UNROLL
  for (int n = 0; n < kKeyTiles; n += 2) {
    uint32_t high[4], low[4];
    tile::as_a(high, p[n], p[n + 1]);
    LS_UNROLL
    for (int i = 0; i < 4; i++) {
      float* pair = &p[n + i / 2][i % 2 * 2];
      low[i] = pack_bf16(pair[0] - low_bf16(high[i]), pair[1] - high_bf16(high[i]));
    }
    LS_UNROLL
    for (int d = 0; d < kDim / 8; d += 2) {
      uint32_t v[4];
      tile::load_b_transposed<kDim>(v, values, first + n * 8, d * 8);
      mma_16816(out[d], high, v[0], v[1]);
      mma_16816(out[d], low, v[0], v[1]);
      mma_16816(out[d + 1], high, v[2], v[3]);
      mma_16816(out[d + 1], low, v[2], v[3]);
    }
  }
}

template <int kDim, bool kOutput>
LS_KERNEL(kThreads, 2) span_kernel(const ScoreRows<bf16> a, const float* lse2) {
  LS_SHARED(shared);
  bf16* const k_tile = reinterpret_cast<bf16*>(shared);            // two stages
  [[maybe_unused]] bf16* const v_tile = k_tile + 2 * kKeys * kDim;  // two stages

  const Lines lines = lines_of(a);
  const int kv_head = blockIdx.z, span = blockIdx.y, block_line = blockIdx.x * kBlockLines, line = block_line + tile::warp() * 16;
  const int span_begin = static_cast<int>(a.span_begin[span]), span_end = static_cast<int>(a.span_end[span]);
  const Sight all = sight(a, lines, block_line, kBlockLines), mine = sight(a, lines, line, 16);
  const int first = max(all.begin, span_begin), last = min(all.end, span_end);
  const float factor = a.shape.scale * kLog2E;

  const auto copy_keys = [&](int key, int stage) {
    const int64_t from = key * a.kv_stride + kv_head * kDim;
    tile::copy_in<kDim, kKeys, kThreads>(k_tile + stage * kKeys * kDim, a.k + from, a.kv_stride, last - key);
    if constexpr (kOutput) tile::copy_in<kDim, kKeys, kThreads>(v_tile + stage * kKeys * kDim, a.v + from, a.kv_stride, last - key);
    copy_async_commit();
  };
  if (first < last) copy_keys(first, 0);

  Line at[2];
  float minus_lse[2], mass[2] = {0, 0};
  LS_UNROLL
  for (int half = 0; half < 2; half++) {
    at[half] = line_at(a, lines, kv_head, line + half * 8 + tile::lane() / 4);
    minus_lse[half] = at[half].cell < 0 ? 0 : -lse2[at[half].cell];
  }
  uint32_t q[1][kDim / 16][4];
  const int upper = line + tile::lane() / 4;
  load_queries<kDim>(q[0], query_of(a, lines, kv_head, upper), query_of(a, lines, kv_head, upper + 8));
  [[maybe_unused]] float out[kDim / 8][4];
  LS_UNROLL
  for (int d = 0; d < kDim / 8; d++)
    LS_UNROLL
    for (int e = 0; e < 4; e++) out[d][e] = 0;

  int stage = 0;
  LS_NO_UNROLL
  for (int key = first; key < last; key += kKeys, stage ^= 1) {
    copy_async_wait<0>();
    __syncthreads();  // the tile has arrived for everyone, and nobody reads the other stage any more
    if (key + kKeys < last) copy_keys(key + kKeys, stage ^ 1);
    LS_NO_UNROLL
    for (int part = 0; part < kKeys; part += kStep) {
      const int begin = key + part;
      if (begin >= min(mine.end, last) || begin + kStep <= mine.begin) continue;
      float p[1][kKeyTiles][4];
      multiply<kDim>(p, q, k_tile + stage * kKeys * kDim, part);
      LS_UNROLL
      for (int n = 0; n < kKeyTiles; n++)
        LS_UNROLL
        for (int e = 0; e < 4; e++) {
          const Line& row = at[e / 2];
          const int column = begin + n * 8 + tile::lane() % 4 * 2 + e % 2;
          const bool seen = column >= row.begin && column <= row.token && column < last;
          p[0][n][e] = seen ? exp2_approx(fmaf(p[0][n][e], factor, minus_lse[e / 2])) : 0.0f;
          mass[e / 2] += p[0][n][e];
        }
      if constexpr (kOutput) add_values<kDim>(out, p[0], v_tile + stage * kKeys * kDim, part);
    }
  }

  LS_UNROLL
  for (int half = 0; half < 2; half++) {
    const float sum = tile::row_sum(mass[half]);
    const Line& row = at[half];
    if (row.cell < 0) continue;
    const int begin = max(span_begin, a.shape.row_begin[row.token]), end = min(span_end, row.token + 1);
    const bool hidden = begin < end && end <= row.begin;  // only the window hides it
    const int64_t cell = row.cell * a.spans + span;
    if (a.span_mass && tile::lane() % 4 == 0) a.span_mass[cell] = hidden ? NAN : sum;
    if constexpr (kOutput) {
      float* to = a.span_output + cell * kDim + tile::lane() % 4 * 2;
      LS_UNROLL
      for (int d = 0; d < kDim / 8; d++)
        *reinterpret_cast<float2*>(to + d * 8) = hidden ? make_float2(NAN, NAN) : make_float2(out[d][2 * half], out[d][2 * half + 1]);
    }
  }
}

template <int kDim>
void start_spans(const ScoreRows<bf16>& a, const float* lse2) {
  const int64_t lines = a.rows * (a.shape.heads / a.shape.kv_heads);
  const dim3 grid(static_cast<unsigned>((lines + kBlockLines - 1) / kBlockLines), static_cast<unsigned>(a.spans), static_cast<unsigned>(a.shape.kv_heads));
  const size_t tiles = 2 * kKeys * kDim * sizeof(bf16);
  if (a.span_output) launch("outputs of spans", span_kernel<kDim, true>, grid, dim3(kThreads), 2 * tiles, a, lse2);
  else launch("masses of spans", span_kernel<kDim, false>, grid, dim3(kThreads), tiles, a, lse2);
}

void start_spans(const ScoreRows<bf16>& a, const float* lse2) {
  switch (a.shape.head_dim) {
    case 16: return start_spans<16>(a, lse2);
    case 32: return start_spans<32>(a, lse2);
    case 64: return start_spans<64>(a, lse2);
    default: return start_spans<128>(a, lse2);
  }
}

}  // namespace scores
}  // namespace ls::LS_GPU
