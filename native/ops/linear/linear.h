// y = x·Wᵀ + b with W as Hugging Face stores it, (out, in), and its two gradients. On the CPU by oneDNN (dnnl_sgemm), cut into tiles whose size
// depends on the shape alone, one thread a tile: the result does not depend on the number of threads; -DLS_GEMM=reference replaces oneDNN. On a GPU by
// cuBLASLt, opened by name at run time.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/isa.h"

namespace ls {

// y = alpha·x·Wᵀ + b + beta·y, (rows, out) with y_stride between rows; beta 0 overwrites y, beta 1 adds to it (a residual). bias (out) or NULL.
template <class Real>
struct LinearForward {
  int64_t rows, in, out;
  const Real* x; int64_t x_stride;
  const Real* weight;  // (out, in) dense
  const Real* bias;
  Real* y; int64_t y_stride;
  float beta;
  float alpha = 1;
};

// y = x·Wᵀ in fp32: logits, of which the highest counts, so they are not rounded to bf16.
template <class Real>
struct LinearLogits {
  int64_t rows, in, out;
  const Real* x; int64_t x_stride;
  const Real* weight;  // (out, in) dense
  float* y; int64_t y_stride;
};

// d_x = alpha·d_y·W + beta·d_x.
template <class Real>
struct LinearBackwardInput {
  int64_t rows, in, out;
  const Real* d_y; int64_t d_y_stride;
  const Real* weight;
  Real* d_x; int64_t d_x_stride;
  float beta;
  float alpha = 1;
};

// d_weight += d_yᵀ·x; d_bias += Σ_rows d_y (NULL = none).
template <class Real>
struct LinearBackwardWeight {
  int64_t rows, in, out;
  const Real* d_y; int64_t d_y_stride;
  const Real* x; int64_t x_stride;
  float* d_weight;  // (out, in) dense
  float* d_bias;
};

namespace cpu { const char* gemm_name(); }  // "oneDNN 3.13.0" or "reference"
// The library behind the products, "cuBLASLt 13.1.1 (libcublasLt.so.13)"; throws LS_UNSUPPORTED with what to do if there is none. And an end to what they keep
// for the stream in use (plans, 32 MiB): before the stream is dropped.
#define LS_PRODUCTS std::string gemm_name(); void release_products();
namespace cuda { LS_PRODUCTS }
namespace simt { LS_PRODUCTS }
#undef LS_PRODUCTS

}  // namespace ls

LS_BACKEND_OP(linear_forward, LinearForward)
LS_BACKEND_OP(linear_logits, LinearLogits)
LS_BACKEND_OP(linear_backward_input, LinearBackwardInput)
LS_BACKEND_OP(linear_backward_weight, LinearBackwardWeight)
