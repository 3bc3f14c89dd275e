#include "ops/crossentropy/crossentropy.h"

#include <algorithm>

#include "ops/crossentropy/rows.h"
#include "ops/linear/linear.h"

namespace ls::cpu {

// 64 MiB of logits: enough rows that the products are bound by arithmetic, little beside the weights of the head itself.
int64_t cross_entropy_chunk(int64_t, int64_t vocabulary) { return std::max<int64_t>(16, (64 << 20) / 4 / vocabulary / 16 * 16); }

// One loss (a double) for each row, and a chunk of logits.
int64_t cross_entropy_workspace(int64_t rows, int64_t width, int64_t vocabulary) {
  const int64_t chunk = std::min(rows, cross_entropy_chunk(width, vocabulary));
  return 2 * chunk + chunk * vocabulary;
}

void linear_cross_entropy(const LinearCrossEntropy<float>& a) {
  if (a.rows == 0) return;
  const int64_t most = std::min(a.rows, cross_entropy_chunk(a.width, a.vocabulary)), chunks = (a.rows + most - 1) / most;
  const int64_t chunk = (a.rows + chunks - 1) / chunks;  // equal ones, so that the last is not a sliver
  double* row_loss = reinterpret_cast<double*>(a.workspace);
  float* logits = a.workspace + 2 * most;
  const bool gradient = a.d_x || a.d_weight;
  double loss = 0;
  for (int64_t begin = 0; begin < a.rows; begin += chunk) {
    const int64_t rows = std::min(chunk, a.rows - begin);
    const float* x = a.x + begin * a.width;
    linear_forward({rows, a.width, a.vocabulary, x, a.width, a.weight, nullptr, logits, a.vocabulary, 0});
    cross_entropy_rows({rows, a.vocabulary, logits, a.label + begin, a.row_weight ? a.row_weight + begin : nullptr, a.denominator, gradient, row_loss});
    for (int64_t r = 0; r < rows; r++) loss += row_loss[r];
    if (a.d_x) linear_backward_input({rows, a.width, a.vocabulary, logits, a.vocabulary, a.weight, a.d_x + begin * a.width, a.width, 0});
    if (a.d_weight) linear_backward_weight({rows, a.width, a.vocabulary, logits, a.vocabulary, x, a.width, a.d_weight, nullptr});
  }
  *a.loss += loss;
}

}  // namespace ls::cpu
