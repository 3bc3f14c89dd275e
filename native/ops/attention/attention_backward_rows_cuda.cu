// dQ of the deterministic mode: a block owns 128 rows of one query head, a warp 32 of them, and goes through the keys that any of them sees. dQ is
// summed in registers, in a fixed order. Costs S and dP a second time (three products beside the four of dK and dV, instead of five in all).
#include "ops/attention/attention_backward_device.h"

namespace ls::LS_GPU::gradient {

constexpr int kRows = 128;  // of a block
constexpr int kStrips = 2, kThreads = kRows / (16 * kStrips) * 32;

template <int kDim>
struct RowSizes {
  static constexpr int kTileKeys = kDim == 128 ? 32 : 64;  // of a stage: two blocks find room in a multiprocessor's shared memory
  static constexpr int kPartKeys = 32;                     // keys whose scores a warp holds at a time
};

template <int kDim>
struct RowMemory {
  alignas(128) bf16 q[kRows * kDim], d_o[kRows * kDim];
  float lse2[kRows], minus_delta[kRows];
  int32_t first[kRows];
  struct alignas(128) Stage {
    bf16 k[RowSizes<kDim>::kTileKeys * kDim], v[RowSizes<kDim>::kTileKeys * kDim];
  } stage[2];
};

template <int kDim>
LS_KERNEL(kThreads, 2) rows_kernel(const AttentionBackward<bf16> a, const Rows rows) {
  constexpr int kTileKeys = RowSizes<kDim>::kTileKeys, kPartKeys = RowSizes<kDim>::kPartKeys, kTiles = kPartKeys / 8;
  LS_SHARED(memory);
  RowMemory<kDim>& shared = *reinterpret_cast<RowMemory<kDim>*>(memory);
  const AttentionForward<bf16>& f = a.forward;
  const int tokens = static_cast<int>(f.shape.tokens);
  const int g = tile::lane() / 4, t = tile::lane() % 4;
  const int head = static_cast<int>(blockIdx.y), kv = head / static_cast<int>(f.shape.heads / f.shape.kv_heads);
  const int row0 = static_cast<int>(gridDim.x - 1 - blockIdx.x) * kRows;  // the last rows, which see most, begin first
  const int own = 16 * kStrips * tile::warp();                         // the warp's first row in the block
  const float factor = f.shape.scale * kLog2E;

  const int key0 = rows.first[row0] / kTileKeys * kTileKeys, keys_end = row0 + kRows < tokens ? row0 + kRows : tokens;
  const int tiles = (keys_end - key0 + kTileKeys - 1) / kTileKeys;
  const auto fetch = [&](int i) {
    const int key = key0 + i * kTileKeys;
    const int64_t from = key * f.kv_stride + kv * kDim;
    auto& stage = shared.stage[i % 2];
    tile::copy_in<kDim, kTileKeys, kThreads>(stage.k, f.k + from, f.kv_stride, tokens - key);
    tile::copy_in<kDim, kTileKeys, kThreads>(stage.v, f.v + from, f.kv_stride, tokens - key);
    copy_async_commit();
  };

  const int64_t d_o_stride = f.shape.heads * kDim, facts = static_cast<int64_t>(head) * rows.padded + row0;
  tile::copy_in<kDim, kRows, kThreads>(shared.q, f.q + row0 * f.q_stride + head * kDim, f.q_stride, tokens - row0);
  tile::copy_in<kDim, kRows, kThreads>(shared.d_o, a.d_o + row0 * d_o_stride + head * kDim, d_o_stride, tokens - row0);
  copy_facts<kRows>(shared.lse2, rows.lse2 + facts, 0);
  copy_facts<kRows>(shared.minus_delta, rows.minus_delta + facts, 32);
  copy_facts<kRows>(shared.first, rows.first + row0, 64);
  float d_q[kStrips][kDim / 8][4];
  clear(d_q);
  fetch(0);
  LS_NO_UNROLL
  for (int i = 0; i < tiles; i++) {
    copy_async_wait<0>();
    __syncthreads();  // tile i is here, and nobody reads tile i − 1 any more
    if (i + 1 < tiles) fetch(i + 1);
    auto& stage = shared.stage[i % 2];
    LS_NO_UNROLL
    for (int part = 0; part < kTileKeys; part += kPartKeys) {
      const int top = row0 + own, key = key0 + i * kTileKeys + part;
      const Sight seen = sight(shared.first[own], shared.first[own + 16 * kStrips - 1], top, top + 16 * kStrips - 1, key, key + kPartKeys - 1);
      if (seen == Sight::none) continue;
      float p[kStrips][kTiles][4], d_s[kStrips][kTiles][4];
      clear(p);
      multiply_transposed<kDim>(p, shared.q, own, stage.k, part);
      LS_UNROLL
      for (int s = 0; s < kStrips; s++) {
        LS_UNROLL
        for (int half = 0; half < 2; half++) {
          const int row = own + 16 * s + 8 * half + g;
          const float lse2 = shared.lse2[row], minus_delta = shared.minus_delta[row];
          LS_UNROLL
          for (int n = 0; n < kTiles; n++) {
            LS_UNROLL
            for (int e = 2 * half; e < 2 * half + 2; e++) {
              p[s][n][e] = exp2_approx(p[s][n][e] * factor - lse2);
              d_s[s][n][e] = minus_delta;  // dP − Δ: the sum begins at −Δ
            }
          }
          if (seen == Sight::some) {
            const int first = shared.first[row];
            LS_UNROLL
            for (int n = 0; n < kTiles; n++) {
              LS_UNROLL
              for (int e = 0; e < 2; e++) {
                const int k = key + 8 * n + 2 * t + e;
                if (k > row0 + row || k < first) p[s][n][2 * half + e] = 0.0f;
              }
            }
          }
        }
      }
      multiply_transposed<kDim>(d_s, shared.d_o, own, stage.v, part);
      LS_UNROLL
      for (int s = 0; s < kStrips; s++) {
        LS_UNROLL
        for (int n = 0; n < kTiles; n++) {
          LS_UNROLL
          for (int e = 0; e < 4; e++) d_s[s][n][e] *= p[s][n][e];
        }
      }
      uint32_t packed[kStrips][kTiles / 2][4];
      pack(packed, d_s);
      multiply<kDim>(d_q, packed, stage.k, part);
    }
  }
  __syncwarp();  // this warp's rows of Q have been read: their place takes dQ
  write_rows<kDim>(a.d_q + (row0 + own) * f.q_stride + head * kDim, f.q_stride, tokens - row0 - own, f.shape.scale, d_q, shared.q, own);
}

template <int kDim>
void start_rows(const AttentionBackward<bf16>& a, const Rows& rows) {
  const AttentionShape& s = a.forward.shape;
  const dim3 grid(static_cast<unsigned>((s.tokens + kRows - 1) / kRows), static_cast<unsigned>(s.heads));
  launch("attention backward (dQ)", rows_kernel<kDim>, grid, dim3(kThreads), sizeof(RowMemory<kDim>), a, rows);
}

void start_rows(const AttentionBackward<bf16>& a, const Rows& rows) {
  switch (a.forward.shape.head_dim) {
    case 16: return start_rows<16>(a, rows);
    case 32: return start_rows<32>(a, rows);
    case 64: return start_rows<64>(a, rows);
    default: return start_rows<128>(a, rows);
  }
}

}  // namespace ls::LS_GPU::gradient
