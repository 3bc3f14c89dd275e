// Rows of logits to losses and, in place, to their gradients: the middle of linear_cross_entropy.
#pragma once

#include <cstdint>

#include "ops/crossentropy/crossentropy.h"
#include "runtime/isa.h"

namespace ls {

template <class Real>
struct CrossEntropyRows {
  int64_t rows, vocabulary;
  Real* logits;             // (rows, vocabulary), `stride` between rows; becomes weight_r · (softmax − onehot) / denominator where gradient is set
  int64_t stride;           // on a GPU a multiple of 8, and logits 16-byte aligned
  const int32_t* label;     // (rows)
  const float* row_weight;  // (rows) or NULL = 1
  double denominator;
  bool gradient;
  double* loss;             // (rows) weighted, divided by denominator
};

}  // namespace ls

LS_OP(cross_entropy_rows, CrossEntropyRows)

// On a GPU: *total += Σ losses, in an order that the count decides; and the whole op with at most `most` rows at a time (tests).
#define LS_CROSS_ENTROPY_PARTS                                                \
  void add_losses(int64_t count, const double* losses, double* total);        \
  void linear_cross_entropy_in_chunks(int64_t most, const LinearCrossEntropy<bf16>&);
namespace ls::cuda { LS_CROSS_ENTROPY_PARTS }
namespace ls::simt { LS_CROSS_ENTROPY_PARTS }
#undef LS_CROSS_ENTROPY_PARTS
