// y = x·Wᵀ + b with W as Hugging Face stores it, (out, in), and its two gradients. Matrix products by oneDNN (dnnl_sgemm), cut into tiles whose
// size depends on the shape alone, one thread a tile: the result does not depend on the number of threads. -DLS_GEMM=reference replaces oneDNN.
#pragma once

#include <cstdint>

namespace ls::cpu {

// y (rows, out) with y_stride between rows; beta 0 overwrites y, beta 1 adds to it (a residual). bias (out) or NULL.
struct LinearForward {
  int64_t rows, in, out;
  const float* x; int64_t x_stride;
  const float* weight;  // (out, in) dense
  const float* bias;
  float* y; int64_t y_stride;
  float beta;
};
void linear_forward(const LinearForward& args);

// d_x = d_y·W, beta as above.
struct LinearBackwardInput {
  int64_t rows, in, out;
  const float* d_y; int64_t d_y_stride;
  const float* weight;
  float* d_x; int64_t d_x_stride;
  float beta;
};
void linear_backward_input(const LinearBackwardInput& args);

// d_weight += d_yᵀ·x; d_bias += Σ_rows d_y (NULL = none).
struct LinearBackwardWeight {
  int64_t rows, in, out;
  const float* d_y; int64_t d_y_stride;
  const float* x; int64_t x_stride;
  float* d_weight;  // (out, in) dense
  float* d_bias;
};
void linear_backward_weight(const LinearBackwardWeight& args);

const char* gemm_name();  // "oneDNN 3.13.0" or "reference"

}  // namespace ls::cpu
