// What the kernels of attention's backward pass share: facts of rows, tiles in shared memory, products of tiles, the mask.
//
// Both big kernels hold one operand in shared memory, stream the other through two stages, and keep the scores of a warp in registers, laid out so
// that the result of one product is the left operand of the next:
//   dK/dV: Sᵀ = K·Qᵀ, dPᵀ = V·dOᵀ;  dV += Pᵀ·dO, dK += dSᵀ·Q        dQ: S = Q·Kᵀ, dP = dO·Vᵀ;  dQ += dS·K
#pragma once

#include "ops/attention/attention.h"
#include "ops/attention/mma_tile_device.h"

namespace ls::LS_GPU::gradient {

constexpr int kRowBlock = 128;  // rows are filled up to whole blocks, so that copies of their facts need no bounds

// The workspace: facts of rows, made by one kernel and read by the others. Rows behind the last see nothing and have probability 0.
struct Rows {
  int padded;          // tokens, filled up to whole blocks
  int32_t* first;      // (padded) first key a row may see, by its document and the window; INT32_MAX behind the last row
  float* lse2;         // (heads, padded) lse·log₂e; +inf behind the last row
  float* minus_delta;  // (heads, padded) −Σ_d dO∘O; 0 behind the last row
  float* d_q;          // NULL in the deterministic mode; else (heads, padded / 16, head_dim / 8, 128): accumulators of 16×8 tiles, see accumulator()
};

inline int64_t padded_tokens(const AttentionShape& s) { return (s.tokens + kRowBlock - 1) / kRowBlock * kRowBlock; }

inline Rows rows_of(const AttentionBackward<bf16>& a) {
  const int64_t padded = padded_tokens(a.forward.shape), heads = a.forward.shape.heads;
  Rows r{static_cast<int>(padded), reinterpret_cast<int32_t*>(a.workspace), a.workspace + padded, a.workspace + padded + heads * padded, nullptr};
  if (!a.deterministic) r.d_q = r.minus_delta + heads * padded;
  return r;
}

// The two big kernels; their files begin with what they do.
void start_keys(const AttentionBackward<bf16>& a, const Rows& rows);
void start_rows(const AttentionBackward<bf16>& a, const Rows& rows);

// Where a warp's 128 sums of the 16×8 tile that holds (row, column) begin. Element i of a lane's fragment stands at 32·i + lane, so that each of the
// four reductions of a fragment is one run of 128 bytes.
LS_DEVICE int64_t accumulator(const Rows& r, int head, int head_dim, int row, int column) {
  return ((static_cast<int64_t>(head) * (r.padded / 16) + row / 16) * (head_dim / 8) + column / 8) * 128;
}

// Starts copying kCount 4-byte facts of rows, by the threads of the block from `thread` on.
template <int kCount>
LS_DEVICE void copy_facts(void* to, const void* from, int thread) {
  const int i = static_cast<int>(threadIdx.x) - thread;
  if (i >= 0 && i < kCount / 4) copy_async_16(static_cast<char*>(to) + 16 * i, static_cast<const char*>(from) + 16 * i, true);
}

// ---- Products. Accumulators are [strips of 16 rows][tiles of 8 columns][4], as mma_16816 lays them out.

template <class T, int kStrips, int kTiles>
LS_DEVICE void clear(T (&c)[kStrips][kTiles][4]) {
  LS_UNROLL
  for (int s = 0; s < kStrips; s++) {
    LS_UNROLL
    for (int n = 0; n < kTiles; n++) {
      LS_UNROLL
      for (int e = 0; e < 4; e++) c[s][n][e] = 0;
    }
  }
}

// c += A·Bᵀ, both tiles kDim wide; rows a_row.. of A and b_row.. of B. Unrolled for 64 columns: further, and the compiler loads ahead until it runs
// out of registers.
template <int kDim, int kStrips, int kTiles>
LS_DEVICE void multiply_transposed(float (&c)[kStrips][kTiles][4], bf16* a, int a_row, bf16* b, int b_row) {
  constexpr int kUnrolled = kDim < 64 ? kDim : 64;
  LS_NO_UNROLL
  for (int begin = 0; begin < kDim; begin += kUnrolled) {
    LS_UNROLL
    for (int k = begin; k < begin + kUnrolled; k += 16) {
      uint32_t left[kStrips][4];
      LS_UNROLL
      for (int s = 0; s < kStrips; s++) tile::load_a<kDim>(left[s], a, a_row + 16 * s, k);
      LS_UNROLL
      for (int n = 0; n < kTiles; n += 2) {
        uint32_t right[4];
        tile::load_b<kDim>(right, b, b_row + 8 * n, k);
        LS_UNROLL
        for (int s = 0; s < kStrips; s++) {
          mma_16816(c[s][n], left[s], right[0], right[1]);
          mma_16816(c[s][n + 1], left[s], right[2], right[3]);
        }
      }
    }
  }
}

// Accumulators as left operands of another product, rounded to bf16.
template <int kStrips, int kTiles>
LS_DEVICE void pack(uint32_t (&p)[kStrips][kTiles / 2][4], const float (&c)[kStrips][kTiles][4]) {
  LS_UNROLL
  for (int s = 0; s < kStrips; s++) {
    LS_UNROLL
    for (int k = 0; k < kTiles / 2; k++) tile::as_a(p[s][k], c[s][2 * k], c[s][2 * k + 1]);
  }
}

// c += A·B with A in registers; rows b_row.. of the tile B, kDim wide.
template <int kDim, int kStrips, int kSteps>
LS_DEVICE void multiply(float (&c)[kStrips][kDim / 8][4], const uint32_t (&a)[kStrips][kSteps][4], bf16* b, int b_row) {
  LS_UNROLL
  for (int k = 0; k < kSteps; k++) {
    LS_UNROLL
    for (int n = 0; n < kDim / 8; n += 2) {
      uint32_t right[4];
      tile::load_b_transposed<kDim>(right, b, b_row + 16 * k, 8 * n);
      LS_UNROLL
      for (int s = 0; s < kStrips; s++) {
        mma_16816(c[s][n], a[s][k], right[0], right[1]);
        mma_16816(c[s][n + 1], a[s][k], right[2], right[3]);
      }
    }
  }
}

// scale·c, rounded to bf16, to the first `valid` rows of `to`, through rows row.. of a tile that only this warp touches.
template <int kDim, int kStrips>
LS_DEVICE void write_rows(bf16* to, int64_t stride, int valid, float scale, float (&c)[kStrips][kDim / 8][4], bf16* tile, int row) {
  LS_UNROLL
  for (int s = 0; s < kStrips; s++) {
    LS_UNROLL
    for (int n = 0; n < kDim / 8; n++) {
      LS_UNROLL
      for (int e = 0; e < 4; e++) c[s][n][e] *= scale;
      tile::store<kDim>(tile, row + 16 * s, 8 * n, c[s][n]);
    }
  }
  __syncwarp();
  tile::copy_out<kDim, 16 * kStrips>(to, stride, tile, row, valid);
}

// ---- The mask: a row sees the keys from its `first` to itself. `first` never falls from row to row, so corners decide about rectangles.

enum class Sight { none, some, all };

LS_DEVICE Sight sight(int first_of_top_row, int first_of_bottom_row, int top_row, int bottom_row, int left_key, int right_key) {
  if (bottom_row < left_key || first_of_top_row > right_key) return Sight::none;
  return top_row >= right_key && first_of_bottom_row <= left_key ? Sight::all : Sight::some;
}

}  // namespace ls::LS_GPU::gradient
