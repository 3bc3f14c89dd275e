// The loop of linear_cross_entropy over chunks of rows, the same on every backend. A Backend has
//   Real                                              what it stores
//   forward, backward_input, backward_weight, rows    its ops
//   add_losses(count, losses, total)                  *total += Σ losses
//   stride(vocabulary)                                elements between rows of logits
#pragma once

#include <algorithm>

#include "ops/crossentropy/crossentropy.h"
#include "ops/crossentropy/rows.h"
#include "ops/linear/linear.h"

namespace ls {

// The workspace: a loss (double) for each row, and from the next 256 bytes on the logits of a chunk.
inline int64_t floats_of_losses(int64_t rows) { return (2 * rows + 63) / 64 * 64; }

template <class Backend>
int64_t workspace_in_chunks(int64_t rows, int64_t most, int64_t vocabulary) {
  const int64_t bytes = std::min(rows, most) * Backend::stride(vocabulary) * static_cast<int64_t>(sizeof(typename Backend::Real));
  return floats_of_losses(rows) + (bytes + 3) / 4;
}

// At most `most` rows at a time.
template <class Backend>
void cross_entropy_in_chunks(int64_t most, const LinearCrossEntropy<typename Backend::Real>& a) {
  using Real = typename Backend::Real;
  if (a.rows == 0) return;
  const int64_t chunks = (a.rows + most - 1) / most, chunk = (a.rows + chunks - 1) / chunks;  // equal ones, so that the last is not a sliver
  double* losses = reinterpret_cast<double*>(a.workspace);
  Real* logits = reinterpret_cast<Real*>(a.workspace + floats_of_losses(a.rows));
  const int64_t stride = Backend::stride(a.vocabulary);
  const bool gradient = a.d_x || a.d_weight;
  for (int64_t begin = 0; begin < a.rows; begin += chunk) {
    const int64_t rows = std::min(chunk, a.rows - begin);
    const Real* x = a.x + begin * a.width;
    Backend::forward({rows, a.width, a.vocabulary, x, a.width, a.weight, nullptr, logits, stride, 0});
    Backend::rows({rows, a.vocabulary, logits, stride, a.label + begin, a.row_weight ? a.row_weight + begin : nullptr, a.denominator, gradient,
                   losses + begin});
    if (a.d_x) Backend::backward_input({rows, a.width, a.vocabulary, logits, stride, a.weight, a.d_x + begin * a.width, a.width, 0});
    if (a.d_weight) Backend::backward_weight({rows, a.width, a.vocabulary, logits, stride, x, a.width, a.d_weight, nullptr});
  }
  Backend::add_losses(a.rows, losses, a.loss);
}

}  // namespace ls
