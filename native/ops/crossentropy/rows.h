// Rows of logits to losses and, in place, to their gradients: the middle of linear_cross_entropy.
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

template <class Real>
struct CrossEntropyRows {
  int64_t rows, vocabulary;
  Real* logits;             // (rows, vocabulary); becomes weight_r · (softmax − onehot) / denominator where gradient is set
  const int32_t* label;     // (rows)
  const float* row_weight;  // (rows) or NULL = 1
  double denominator;
  bool gradient;
  double* loss;             // (rows) weighted, divided by denominator
};

}  // namespace ls

LS_OP(cross_entropy_rows, CrossEntropyRows)
