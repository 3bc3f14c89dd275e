// Which keys a row sees, for tiles of scores: row i sees the keys [first_key(i), i]. first_key never falls from row to row, so the first and the last
// row of a tile tell whether all or none of its scores are seen.
#pragma once

#include "ops/attention/attention.h"
#include "ops/attention/mma_tile_device.h"

namespace ls::LS_GPU::attention {

// Rows past the end see nothing.
LS_DEVICE int first_key(const AttentionShape& s, int row) {
  const int tokens = static_cast<int>(s.tokens), window = static_cast<int>(s.window);
  if (row >= tokens) return tokens;
  return window ? max(s.row_begin[row], row - window + 1) : s.row_begin[row];
}

// Scores of rows from `row` on (this warp's first) and keys from `key` on that are not seen become −inf.
template <int kRowTiles, int kKeyTiles>
LS_DEVICE void mask(float (&scores)[kRowTiles][kKeyTiles][4], const AttentionShape& s, int row, int key) {
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int half = 0; half < 2; half++) {
      const int i = row + m * 16 + half * 8 + tile::lane() / 4, first_column = key + tile::lane() % 4 * 2;
      const int begin = first_key(s, i) - first_column, end = i + 1 - first_column;
      LS_UNROLL
      for (int n = 0; n < kKeyTiles; n++)
        LS_UNROLL
        for (int e = 0; e < 2; e++)
          if (n * 8 + e < begin || n * 8 + e >= end) scores[m][n][2 * half + e] = -INFINITY;
    }
}

}  // namespace ls::LS_GPU::attention
