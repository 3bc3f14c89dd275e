// dK and dV: a block owns 128 keys of one key/value head and goes through the rows of all its query heads that see any of them, so both gradients are
// summed in registers, in a fixed order. With kAddsToDQ it multiplies dS by its keys as well and adds that to the accumulators of dQ, in whatever
// order blocks come.
//
// A warp owns 16·kStrips keys. Its scores are transposed (keys down, rows across): packed to bf16 they are the left operands of dV and dK. dQ sums
// over keys, that is over warps, so there dSᵀ goes through shared memory.
#include <cstddef>
#include <type_traits>

#include "ops/attention/attention_backward_device.h"

namespace ls::LS_GPU::gradient {

constexpr int kKeys = 128;  // of a block
constexpr int kTileRows = 64;  // of a stage

template <int kDim>
struct KeySizes {
  static constexpr int kStrips = kDim == 128 ? 1 : 2;    // at 128 the accumulators of two strips would fill all registers
  static constexpr int kWarps = kKeys / (16 * kStrips), kThreads = 32 * kWarps;
  static constexpr int kPartRows = kDim == 128 ? 64 : 32;  // rows whose scores a warp holds at a time
  static constexpr int kBlocks = kDim == 128 ? 1 : 2;      // of a multiprocessor
  // How the warps share a 64×kDim tile of dQ.
  static constexpr int kRowWarps = kDim >= 64 ? 2 : 4, kColumnWarps = kWarps / kRowWarps;
  static constexpr int kQStrips = kTileRows / 16 / kRowWarps, kQTiles = kDim / 8 / kColumnWarps;
};

template <int kDim>
struct KeyMemory {
  alignas(128) bf16 k[kKeys * kDim], v[kKeys * kDim];
  struct alignas(128) Stage {
    bf16 q[kTileRows * kDim], d_o[kTileRows * kDim];
    float lse2[kTileRows], minus_delta[kTileRows];
    int32_t first[kTileRows];
  } stage[2];
  alignas(128) bf16 d_s[kKeys * kTileRows];  // last, and only there with kAddsToDQ
};

// Adds scale-free dS·K of 64 rows and 128 keys to the accumulators of dQ.
template <int kDim>
LS_DEVICE void add_to_d_q(const Rows& rows, bf16* d_s, bf16* k, int head, int row0) {
  using Sizes = KeySizes<kDim>;
  const int row = tile::warp() / Sizes::kColumnWarps * Sizes::kQStrips * 16, column = tile::warp() % Sizes::kColumnWarps * Sizes::kQTiles * 8;
  float d_q[Sizes::kQStrips][Sizes::kQTiles][4];
  clear(d_q);
  LS_UNROLL
  for (int key = 0; key < kKeys; key += 16) {
    uint32_t left[Sizes::kQStrips][4];
    LS_UNROLL
    for (int s = 0; s < Sizes::kQStrips; s++) tile::load_a_transposed<kTileRows>(left[s], d_s, key, row + 16 * s);
    LS_UNROLL
    for (int n = 0; n < Sizes::kQTiles; n += 2) {
      uint32_t right[4];
      tile::load_b_transposed<kDim>(right, k, key, column + 8 * n);
      LS_UNROLL
      for (int s = 0; s < Sizes::kQStrips; s++) {
        mma_16816(d_q[s][n], left[s], right[0], right[1]);
        mma_16816(d_q[s][n + 1], left[s], right[2], right[3]);
      }
    }
  }
  LS_UNROLL
  for (int s = 0; s < Sizes::kQStrips; s++) {
    LS_UNROLL
    for (int n = 0; n < Sizes::kQTiles; n++) {
      float* sums = rows.d_q + accumulator(rows, head, kDim, row0 + row + 16 * s, column + 8 * n) + tile::lane();
      LS_UNROLL
      for (int e = 0; e < 4; e++) reduce_add(sums + 32 * e, d_q[s][n][e]);
    }
  }
}

template <int kDim, bool kAddsToDQ>
LS_KERNEL(KeySizes<kDim>::kThreads, KeySizes<kDim>::kBlocks) keys_kernel(const AttentionBackward<bf16> a, const Rows rows) {
  using Sizes = KeySizes<kDim>;
  constexpr int kStrips = Sizes::kStrips, kThreads = Sizes::kThreads, kPartRows = Sizes::kPartRows, kTiles = kPartRows / 8;
  LS_SHARED(memory);
  KeyMemory<kDim>& shared = *reinterpret_cast<KeyMemory<kDim>*>(memory);
  const AttentionForward<bf16>& f = a.forward;
  const int tokens = static_cast<int>(f.shape.tokens), group = static_cast<int>(f.shape.heads / f.shape.kv_heads);
  const int g = tile::lane() / 4, t = tile::lane() % 4;
  const int key0 = static_cast<int>(blockIdx.x) * kKeys, kv = static_cast<int>(blockIdx.y);
  const int own = 16 * kStrips * tile::warp();  // the warp's first key in the block
  const float factor = f.shape.scale * kLog2E;

  const int last_key = (key0 + kKeys < tokens ? key0 + kKeys : tokens) - 1;
  int rows_end = f.shape.row_end[last_key];
  if (f.shape.window && last_key + f.shape.window < rows_end) rows_end = last_key + static_cast<int>(f.shape.window);
  const int tiles = (rows_end - key0 + kTileRows - 1) / kTileRows;

  const auto fetch = [&](int i) {
    const int head = kv * group + i / tiles, row0 = key0 + i % tiles * kTileRows;
    auto& stage = shared.stage[i % 2];
    const int64_t d_o_stride = f.shape.heads * kDim, facts = static_cast<int64_t>(head) * rows.padded + row0;
    tile::copy_in<kDim, kTileRows, kThreads>(stage.q, f.q + row0 * f.q_stride + head * kDim, f.q_stride, tokens - row0);
    tile::copy_in<kDim, kTileRows, kThreads>(stage.d_o, a.d_o + row0 * d_o_stride + head * kDim, d_o_stride, tokens - row0);
    copy_facts<kTileRows>(stage.lse2, rows.lse2 + facts, 0);
    copy_facts<kTileRows>(stage.minus_delta, rows.minus_delta + facts, 32);
    copy_facts<kTileRows>(stage.first, rows.first + row0, 64);
    copy_async_commit();
  };

  float d_k[kStrips][kDim / 8][4], d_v[kStrips][kDim / 8][4];
  const int64_t from = key0 * f.kv_stride + kv * kDim;
  clear(d_k);
  clear(d_v);
  tile::copy_in<kDim, kKeys, kThreads>(shared.k, f.k + from, f.kv_stride, tokens - key0);
  tile::copy_in<kDim, kKeys, kThreads>(shared.v, f.v + from, f.kv_stride, tokens - key0);
  fetch(0);
  LS_NO_UNROLL
  for (int i = 0; i < tiles * group; i++) {
    copy_async_wait<0>();
    __syncthreads();  // tile i is here, and nobody reads tile i − 1 any more
    if (i + 1 < tiles * group) fetch(i + 1);
    auto& stage = shared.stage[i % 2];
    const int row0 = key0 + i % tiles * kTileRows;
    LS_NO_UNROLL
    for (int part = 0; part < kTileRows; part += kPartRows) {
      const int top = row0 + part, key = key0 + own;
      const Sight seen = sight(stage.first[part], stage.first[part + kPartRows - 1], top, top + kPartRows - 1, key, key + 16 * kStrips - 1);
      uint32_t packed[kStrips][kTiles / 2][4];
      if (seen != Sight::none) {
        float p[kStrips][kTiles][4], d_s[kStrips][kTiles][4];
        clear(p);
        multiply_transposed<kDim>(p, shared.k, own, stage.q, part);
        LS_UNROLL
        for (int n = 0; n < kTiles; n++) {
          const float2 lse2 = *reinterpret_cast<const float2*>(stage.lse2 + part + 8 * n + 2 * t);
          LS_UNROLL
          for (int s = 0; s < kStrips; s++) {
            LS_UNROLL
            for (int e = 0; e < 4; e++) p[s][n][e] = exp2_approx(p[s][n][e] * factor - (e % 2 ? lse2.y : lse2.x));
          }
        }
        if (seen == Sight::some) {
          LS_UNROLL
          for (int n = 0; n < kTiles; n++) {
            LS_UNROLL
            for (int e = 0; e < 4; e++) {
              const int row = part + 8 * n + 2 * t + e % 2, first = stage.first[row];
              LS_UNROLL
              for (int s = 0; s < kStrips; s++) {
                const int k = key + 16 * s + g + e / 2 * 8;
                if (k > row0 + row || k < first) p[s][n][e] = 0.0f;
              }
            }
          }
        }
        pack(packed, p);
        multiply<kDim>(d_v, packed, stage.d_o, part);
        LS_UNROLL
        for (int n = 0; n < kTiles; n++) {  // dP − Δ: the sum begins at −Δ
          const float2 minus_delta = *reinterpret_cast<const float2*>(stage.minus_delta + part + 8 * n + 2 * t);
          LS_UNROLL
          for (int s = 0; s < kStrips; s++) {
            d_s[s][n][0] = d_s[s][n][2] = minus_delta.x;
            d_s[s][n][1] = d_s[s][n][3] = minus_delta.y;
          }
        }
        multiply_transposed<kDim>(d_s, shared.v, own, stage.d_o, part);
        LS_UNROLL
        for (int s = 0; s < kStrips; s++) {
          LS_UNROLL
          for (int n = 0; n < kTiles; n++) {
            LS_UNROLL
            for (int e = 0; e < 4; e++) {
              const uint32_t two = packed[s][n / 2][n % 2 * 2 + e / 2];
              d_s[s][n][e] *= e % 2 ? high_bf16(two) : low_bf16(two);
            }
          }
        }
        pack(packed, d_s);
        multiply<kDim>(d_k, packed, stage.q, part);
      } else {
        clear(packed);
      }
      if constexpr (kAddsToDQ) {
        LS_UNROLL
        for (int s = 0; s < kStrips; s++) {
          LS_UNROLL
          for (int step = 0; step < kTiles / 2; step++) {
            LS_UNROLL
            for (int m = 0; m < 4; m++)
              *reinterpret_cast<uint32_t*>(tile::chunk_at<kTileRows>(shared.d_s, own + 16 * s + m % 2 * 8 + g, part / 8 + 2 * step + m / 2) + 2 * t) =
                  packed[s][step][m];
          }
        }
      }
    }
    if constexpr (kAddsToDQ) {
      __syncthreads();  // dS is complete; the barrier of the next tile protects it until all have read it
      add_to_d_q<kDim>(rows, shared.d_s, shared.k, kv * group + i / tiles, row0);
    }
  }
  __syncthreads();  // K and V have been read: their places take dK and dV
  const int64_t to = from + own * f.kv_stride;
  write_rows<kDim>(a.d_k + to, f.kv_stride, tokens - key0 - own, f.shape.scale, d_k, shared.k, own);
  write_rows<kDim>(a.d_v + to, f.kv_stride, tokens - key0 - own, 1.0f, d_v, shared.v, own);
}

template <int kDim, bool kAddsToDQ>
void start_keys(const AttentionBackward<bf16>& a, const Rows& rows) {
  const AttentionShape& s = a.forward.shape;
  const dim3 grid(static_cast<unsigned>((s.tokens + kKeys - 1) / kKeys), static_cast<unsigned>(s.kv_heads));
  const size_t shared = kAddsToDQ ? sizeof(KeyMemory<kDim>) : offsetof(KeyMemory<kDim>, d_s);
  launch("attention backward (dK, dV)", keys_kernel<kDim, kAddsToDQ>, grid, dim3(KeySizes<kDim>::kThreads), shared, a, rows);
}

void start_keys(const AttentionBackward<bf16>& a, const Rows& rows) {
  const auto start = [&](auto adds) {
    switch (a.forward.shape.head_dim) {
      case 16: return start_keys<16, adds.value>(a, rows);
      case 32: return start_keys<32, adds.value>(a, rows);
      case 64: return start_keys<64, adds.value>(a, rows);
      default: return start_keys<128, adds.value>(a, rows);
    }
  };
  if (rows.d_q) start(std::true_type{});
  else start(std::false_type{});
}

}  // namespace ls::LS_GPU::gradient
