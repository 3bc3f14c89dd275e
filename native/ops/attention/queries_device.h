// Query rows in registers against keys in shared memory, for few rows that come from anywhere.
#pragma once

#include "ops/attention/mma_tile_device.h"

namespace ls::LS_GPU::scores {

constexpr int kThreads = 128, kWarps = kThreads / 32;
constexpr int kKeys = 64;  // of a tile

// The left operands of 16 rows from global memory; upper and lower are the lane's rows g and g + 8, or NULL for zeros.
template <int kDim>
LS_DEVICE void load_queries(uint32_t (&q)[kDim / 16][4], const bf16* upper, const bf16* lower) {
  const int column = tile::lane() % 4 * 2;
  LS_UNROLL
  for (int d = 0; d < kDim / 16; d++)
    LS_UNROLL
    for (int i = 0; i < 4; i++) {
      const bf16* row = i % 2 ? lower : upper;
      q[d][i] = row ? *reinterpret_cast<const uint32_t*>(row + d * 16 + i / 2 * 8 + column) : 0u;
    }
}

// scores = Q·Kᵀ for kKeyTiles · 8 keys of the tile from row `first` on.
template <int kDim, int kRowTiles, int kKeyTiles>
LS_DEVICE void multiply(float (&scores)[kRowTiles][kKeyTiles][4], const uint32_t (&q)[kRowTiles][kDim / 16][4], bf16* keys, int first) {
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int n = 0; n < kKeyTiles; n++)
      LS_UNROLL
      for (int e = 0; e < 4; e++) scores[m][n][e] = 0;
  LS_UNROLL
  for (int d = 0; d < kDim / 16; d++)
    LS_UNROLL
    for (int n = 0; n < kKeyTiles; n += 2) {
      uint32_t k[4];
      tile::load_b<kDim>(k, keys, first + n * 8, d * 16);
      LS_UNROLL
      for (int m = 0; m < kRowTiles; m++) {
        mma_16816(scores[m][n], q[m][d], k[0], k[1]);
        mma_16816(scores[m][n + 1], q[m][d], k[2], k[3]);
      }
    }
}

}  // namespace ls::LS_GPU::scores
