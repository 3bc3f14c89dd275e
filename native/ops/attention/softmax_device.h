// Online softmax over tiles of scores in accumulators, and the statistics that the attention forward pass collects on the way.
//
// A warp holds kRowTiles × kKeyTiles accumulators of 16×8. A lane has the rows g and g + 8 of each row tile (`half` 0 and 1) and two columns of each
// key tile. Scores are q·k; factor = scale·log2(e) makes them exponents of 2 by one fused multiply-add: p = 2^(score·factor − reference). The
// reference is top·factor, or 0 for a row that has seen nothing yet: −inf − (−inf) would be NaN.
#pragma once

#include "ops/attention/mma_tile_device.h"

namespace ls::LS_GPU::attention {

// What the forward pass collects beside o and lse: a policy of the kernel, so that nothing is paid for what is not asked.
enum class Collect { nothing, best, spans };

constexpr int kNobody = 0x7fffffff;

LS_DEVICE float reference(float top, float factor) { return top == -INFINITY ? 0.0f : top * factor; }

// Every row's highest score, and its sum of p, each lane over its own columns until the end.
template <int kRowTiles>
struct SoftmaxRows {
  float top[kRowTiles][2], sum[kRowTiles][2];
};

template <int kRowTiles>
LS_DEVICE void begin(SoftmaxRows<kRowTiles>& rows) {
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int half = 0; half < 2; half++) rows.top[m][half] = -INFINITY, rows.sum[m][half] = 0;
}

// The lowest of the lanes' columns whose score is `wanted`.
template <int kKeyTiles>
LS_DEVICE int column_of(const float (&scores)[kKeyTiles][4], int half, float wanted) {
  int column = kNobody;
  LS_UNROLL
  for (int n = kKeyTiles - 1; n >= 0; n--) {
    column = scores[n][2 * half + 1] == wanted ? n * 8 + 1 : column;
    column = scores[n][2 * half] == wanted ? n * 8 : column;
  }
  return tile::row_min(column == kNobody ? kNobody : column + tile::lane() % 4 * 2);
}

// Takes a tile of scores in: raises the rows' highest scores where the tile has a higher one (a tie keeps the lower key, which came first), and
// scales what was summed so far. Most tiles of a long row raise nothing; then the warp skips all of it, and with it the search for the best key. best
// is of the warp's rows, in shared memory, which saves a register a row; lane t = 0 of a row owns it.
template <Collect kCollect, int kRowTiles, int kKeyTiles, int kOutTiles>
LS_DEVICE void raise(SoftmaxRows<kRowTiles>& rows, float (&out)[kRowTiles][kOutTiles][4], const float (&scores)[kRowTiles][kKeyTiles][4],
                     float factor, int* best, int key) {
  float top[kRowTiles][2];
  bool higher = false;
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int half = 0; half < 2; half++) {
      float x = scores[m][0][2 * half];
      LS_UNROLL
      for (int n = 0; n < kKeyTiles; n++) x = fmaxf(x, fmaxf(scores[m][n][2 * half], scores[m][n][2 * half + 1]));
      top[m][half] = tile::row_max(x);
      higher |= top[m][half] > rows.top[m][half];
    }
  if (!__any_sync(kWholeWarp, higher)) return;
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int half = 0; half < 2; half++) {
      const bool raised = top[m][half] > rows.top[m][half];
      if (kCollect != Collect::nothing && __any_sync(kWholeWarp, raised)) {
        const int column = column_of(scores[m], half, top[m][half]);
        if (raised && tile::lane() % 4 == 0) best[m * 16 + half * 8 + tile::lane() / 4] = key + column;
      }
      if (!raised) top[m][half] = rows.top[m][half];
      const float scale = exp2_approx(rows.top[m][half] * factor - reference(top[m][half], factor));
      rows.top[m][half] = top[m][half];
      rows.sum[m][half] *= scale;
      LS_UNROLL
      for (int n = 0; n < kOutTiles; n++) out[m][n][2 * half] *= scale, out[m][n][2 * half + 1] *= scale;
    }
}

// p of the scores of a 16×8 tile, summed by row.
LS_DEVICE void exponentials(float (&p)[4], float (&sum)[2], const float (&scores)[4], const float (&top)[2], float factor) {
  LS_UNROLL
  for (int e = 0; e < 4; e++) sum[e / 2] += p[e] = exp2_approx(fmaf(scores[e], factor, -reference(top[e / 2], factor)));
}

}  // namespace ls::LS_GPU::attention
