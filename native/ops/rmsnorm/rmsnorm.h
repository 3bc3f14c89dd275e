// RMSNorm over the last dimension: y = x · rstd · weight, rstd = 1/sqrt(mean(x²) + eps).
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

struct RmsNormForward {
  int64_t rows, width;
  float eps;
  const float* x;       // (rows, width)
  const float* weight;  // (width)
  float* y;             // (rows, width)
  float* rstd;          // (rows) or NULL
};

// d_x = rstd·(weight∘d_y − x̂ · mean(weight∘d_y∘x̂)) with x̂ = x·rstd; d_weight = Σ_rows d_y∘x̂.
struct RmsNormBackward {
  int64_t rows, width;
  const float *x, *weight, *rstd, *d_y;
  float* d_x;            // (rows, width): added to (the residual's gradient is already there); NULL = not wanted
  float* d_weight;       // (width): added to; NULL = frozen
  float* workspace;      // rmsnorm_backward_workspace floats; may be NULL if d_weight is
};
// Rows are taken in blocks of this many: a partial d_weight each, summed in the order of the blocks.
constexpr int64_t kRmsNormRowBlock = 32;
int64_t rmsnorm_backward_workspace(int64_t rows, int64_t width);

}  // namespace ls

LS_CPU_OP(rmsnorm_forward, RmsNormForward)
LS_CPU_OP(rmsnorm_backward, RmsNormBackward)
