// sums[c] += Σ_rows in[r][c] on a GPU, in an order that the shape alone decides: the gradient of a bias.
#pragma once

#include "runtime/isa.h"

namespace ls {

struct ColumnSums {
  int64_t rows, columns;
  const bf16* in; int64_t stride;  // (rows, columns), `stride` between rows
  float* sums;                     // (columns)
};

}  // namespace ls

LS_GPU_OP(column_sums, ColumnSums)
