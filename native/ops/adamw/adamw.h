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
  double* workspace = nullptr;  // GPU: kSumOfSquaresWorkspace doubles in device memory
};
constexpr int64_t kSumOfSquaresWorkspace = 4096;

// All tensors of a step in one launch (GPU). The gradients are one block of floats whose norm decides, on the device: if it or the loss is not
// finite nothing is updated; clipping is PyTorch's clip_grad_norm_, factor min(1, clip/(norm + 1e-6)).
struct AdamWTensor {
  int64_t count;
  bf16* weight;                // (count) rounded from master
  float *master, *m, *v;       // (count)
  const float* gradient;       // (count)
  double decay;
  int64_t first_block;         // number_adamw_blocks
};
struct AdamWAll {
  int64_t tensors;
  const AdamWTensor* tensor;   // (tensors) in device memory
  int64_t blocks;              // of all tensors together: number_adamw_blocks
  double learning_rate, beta1, beta2, eps;
  double clip;                 // 0 = none
  const double* squares;       // sum of squares of all gradients, in device memory
  const double* loss;          // in device memory
  int64_t step;                // t, from 1
};
// A thread block takes kAdamWBlock elements of one tensor and finds the tensor by first_block. Numbers the blocks of a table that is still in host
// memory; returns how many there are.
constexpr int64_t kAdamWBlock = 4096;
inline int64_t number_adamw_blocks(AdamWTensor* tensor, int64_t tensors) {
  int64_t blocks = 0;
  for (int64_t t = 0; t < tensors; t++) {
    tensor[t].first_block = blocks;
    blocks += (tensor[t].count + kAdamWBlock - 1) / kAdamWBlock;
  }
  return blocks;
}

}  // namespace ls

LS_GPU_OP(adamw_all, AdamWAll)
LS_GPU_OP(sum_of_squares, SumOfSquares)  // sum in device memory; the same from run to run
LS_CPU_OP(adamw, AdamW)
LS_CPU_OP(sum_of_squares, SumOfSquares)
