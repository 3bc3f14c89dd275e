#include "ops/rmsnorm/rmsnorm.h"

#include <algorithm>

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls {

// Partial weight gradients: one for each block of rows, summed in the order of the blocks.
constexpr int64_t kRowBlock = 64;

namespace cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

// Σ x_i·y_i in one pass of vectors.
float dot(const float* x, const float* y, int64_t n) {
  Vec sum{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) sum += load(x + i) * load(y + i);
  float total = reduce_add(sum);
  for (; i < n; i++) total += x[i] * y[i];
  return total;
}

}  // namespace

void rmsnorm_forward(const RmsNormForward& a) {
  parallel_ranges(a.rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* x = a.x + r * a.width;
      float* y = a.y + r * a.width;
      const float rstd = 1.0f / std::sqrt(dot(x, x, a.width) / a.width + a.eps);
      if (a.rstd) a.rstd[r] = rstd;
      for (int64_t i = 0; i < a.width; i++) y[i] = x[i] * rstd * a.weight[i];
    }
  });
}

void rmsnorm_backward(const RmsNormBackward& a) {
  const int64_t blocks = (a.rows + kRowBlock - 1) / kRowBlock;
  parallel_for(blocks, [&](int64_t block) {
    float* partial = a.d_weight ? a.workspace + block * a.width : nullptr;
    if (partial) std::fill(partial, partial + a.width, 0.0f);
    for (int64_t r = block * kRowBlock; r < std::min(a.rows, (block + 1) * kRowBlock); r++) {
      const float *x = a.x + r * a.width, *d_y = a.d_y + r * a.width;
      const float rstd = a.rstd[r];
      if (partial)
        for (int64_t i = 0; i < a.width; i++) partial[i] += d_y[i] * x[i] * rstd;
      if (!a.d_x) continue;
      float projection = 0;  // mean(weight∘d_y∘x̂)
      for (int64_t i = 0; i < a.width; i++) projection += a.weight[i] * d_y[i] * x[i];
      projection *= rstd / a.width;
      float* d_x = a.d_x + r * a.width;
      for (int64_t i = 0; i < a.width; i++) d_x[i] += rstd * (a.weight[i] * d_y[i] - x[i] * rstd * projection);
    }
  });
  if (a.d_weight)
    for (int64_t block = 0; block < blocks; block++)
      for (int64_t i = 0; i < a.width; i++) a.d_weight[i] += a.workspace[block * a.width + i];
}

}  // namespace cpu::LS_ISA
}  // namespace ls
