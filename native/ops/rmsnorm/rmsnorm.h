// RMSNorm over the last dimension: y = x · rstd · weight, rstd = 1/sqrt(mean(x²) + eps).
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

template <class Real>
struct RmsNormForward {
  int64_t rows, width;
  float eps;
  const Real* x;       // (rows, width)
  const Real* weight;  // (width)
  Real* y;             // (rows, width)
  float* rstd;         // (rows) or NULL
};

// d_x = rstd·(weight∘d_y − x̂ · mean(weight∘d_y∘x̂)) with x̂ = x·rstd; d_weight = Σ_rows d_y∘x̂.
template <class Real>
struct RmsNormBackward {
  int64_t rows, width;
  const Real *x, *weight;
  const float* rstd;
  const Real* d_y;
  Real* d_x;             // (rows, width): added to (the residual's gradient is already there); NULL = not wanted
  float* d_weight;       // (width): added to; NULL = frozen
  float* workspace;      // rmsnorm_backward_workspace floats; may be NULL if d_weight is
};
// The CPU takes rows in blocks of this many: a partial d_weight each, summed in the order of the blocks.
constexpr int64_t kRmsNormRowBlock = 32;

}  // namespace ls

LS_BACKEND_DECLARE(int64_t rmsnorm_backward_workspace(int64_t rows, int64_t width))

LS_OP(rmsnorm_forward, RmsNormForward)
LS_OP(rmsnorm_backward, RmsNormBackward)
