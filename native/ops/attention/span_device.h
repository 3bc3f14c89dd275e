// Masses of key spans in the attention forward pass: Σ p over the keys of a span, collected only in tiles that touch one. A sum keeps the reference
// it was taken at, so the other tiles owe it nothing.
#pragma once

#include "ops/attention/softmax_device.h"

namespace ls::LS_GPU::attention {

// Of one row and span, in shared memory as (rows of the block, kForwardSpans); lane t = 0 of a row owns its masses.
struct SpanMass { float sum, reference; };

template <int kRowTiles>
LS_DEVICE void clear_masses(SpanMass* masses, int row) {
  if (tile::lane() % 4) return;
  for (int i = 0; i < 2 * kRowTiles; i++)
    for (int span = 0; span < kForwardSpans; span++) masses[(row + i * 8 + tile::lane() / 4) * kForwardSpans + span] = {0, -INFINITY};
}

// Scores are of rows from `row` on (of the block) and keys from `key` on.
template <int kRowTiles, int kKeyTiles>
LS_DEVICE void add_masses(SpanMass* masses, int row, const SoftmaxRows<kRowTiles>& rows, const float (&scores)[kRowTiles][kKeyTiles][4],
                          const ForwardStatistics& statistics, float factor, int key) {
  LS_NO_UNROLL
  for (int span = 0; span < statistics.spans; span++) {
    const int begin = statistics.span_begin[span] - key, end = statistics.span_end[span] - key;
    if (begin >= end || end <= 0 || begin >= kKeyTiles * 8) continue;
    LS_UNROLL
    for (int m = 0; m < kRowTiles; m++)
      LS_UNROLL
      for (int half = 0; half < 2; half++) {
        const float at = reference(rows.top[m][half], factor);
        float sum = 0;
        LS_UNROLL
        for (int n = 0; n < kKeyTiles; n++)
          LS_UNROLL
          for (int e = 0; e < 2; e++) {
            const int column = n * 8 + tile::lane() % 4 * 2 + e;
            if (column >= begin && column < end) sum += exp2_approx(fmaf(scores[m][n][2 * half + e], factor, -at));
          }
        sum = tile::row_sum(sum);
        if (tile::lane() % 4 || sum == 0) continue;
        SpanMass& mass = masses[(row + m * 16 + half * 8 + tile::lane() / 4) * kForwardSpans + span];
        mass = {mass.sum * exp2_approx(mass.reference - at) + sum, at};
      }
  }
}

// Of one row; at is its last reference. A span that the window hides from it gives NaN.
LS_DEVICE void write_masses(const AttentionForward<bf16>& a, const SpanMass* masses, int64_t cell, int row, float at, float inverse) {
  const ForwardStatistics& s = a.statistics;
  LS_NO_UNROLL
  for (int span = 0; span < s.spans; span++) {
    const int begin = max(s.span_begin[span], a.shape.row_begin[row]), end = min(s.span_end[span], row + 1);
    const bool hidden = begin < end && a.shape.window && end <= row - static_cast<int>(a.shape.window) + 1;
    s.span_mass[cell * s.spans + span] = hidden ? NAN : masses[span].sum * exp2_approx(masses[span].reference - at) * inverse;
  }
}

}  // namespace ls::LS_GPU::attention
