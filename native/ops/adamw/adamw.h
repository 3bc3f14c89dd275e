// AdamW (Loshchilov & Hutter 2019) as PyTorch computes it, and the global norm of a gradient.
//   g = scale·gradient; m = β1·m + (1−β1)·g; v = β2·v + (1−β2)·g²; w = w·(1 − lr·decay) − lr·(m/(1−β1ᵗ)) / (sqrt(v/(1−β2ᵗ)) + eps)
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

struct AdamW {
  int64_t count;
  float *weight, *m, *v;  // (count)
  const float* gradient;  // (count)
  double learning_rate, beta1, beta2, eps, decay;
  double scale;           // clip factor
  int64_t step;           // t, from 1
};

struct SumOfSquares {
  int64_t count;
  const float* x;
  double* sum;  // written; the same for any number of threads
};

}  // namespace ls

LS_CPU_OP(adamw, AdamW)
LS_CPU_OP(sum_of_squares, SumOfSquares)
