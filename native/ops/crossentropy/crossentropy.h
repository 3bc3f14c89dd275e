// Linear head + cross-entropy over labelled rows only, in chunks of rows: logits of the whole batch never exist.
//   loss += Σ_r weight_r · (log Σ_v exp(z_rv) − z_r,label) / denominator,  z = x·Wᵀ
// and, where wanted, d_x = dz·W and d_W += dzᵀ·x with dz = weight_r · (softmax(z) − onehot) / denominator.
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

template <class Real>
struct LinearCrossEntropy {
  int64_t rows, width, vocabulary;
  const Real* x;           // (rows, width): the labelled rows, gathered
  const Real* weight;      // (vocabulary, width)
  const int32_t* label;    // (rows)
  const float* row_weight; // (rows) or NULL = 1
  double denominator;
  Real* d_x;               // (rows, width) written, or NULL
  float* d_weight;         // (vocabulary, width) added to, or NULL
  float* workspace;        // cross_entropy_workspace floats
  double* loss;            // added to
};

}  // namespace ls

LS_BACKEND_OP(linear_cross_entropy, LinearCrossEntropy)
// Rows of logits alive at a time, and floats of workspace: each backend has its own.
LS_BACKEND_DECLARE(int64_t cross_entropy_chunk(int64_t width, int64_t vocabulary))
LS_BACKEND_DECLARE(int64_t cross_entropy_workspace(int64_t rows, int64_t width, int64_t vocabulary))
