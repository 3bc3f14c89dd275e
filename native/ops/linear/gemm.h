// One matrix product on one thread: C (m, n) = beta·C + alpha·op(A)·op(B), row-major, op = transpose where its flag is set.
#pragma once

#include <cstdint>

namespace ls::cpu {

struct Gemm {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  const float* a; int64_t a_stride;
  const float* b; int64_t b_stride;
  float beta;  // 0: C is not read
  float* c; int64_t c_stride;
  float alpha = 1;
};
void gemm(const Gemm& args);

}  // namespace ls::cpu
