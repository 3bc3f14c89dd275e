#include "ops/rmsnorm/rmsnorm.h"

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

// Σ x_i·y_i·z_i, in two chains so that the additions do not wait for each other.
float dot(const float* x, const float* y, const float* z, int64_t n) {
  Vec even{}, odd{};
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    even += load(x + i) * load(y + i) * load(z + i);
    odd += load(x + i + kLanes) * load(y + i + kLanes) * load(z + i + kLanes);
  }
  float total = reduce_add(even + odd);
  for (; i < n; i++) total += x[i] * y[i] * z[i];
  return total;
}

float sum_of_squares(const float* x, int64_t n) {
  Vec even{}, odd{};
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const Vec a = load(x + i), b = load(x + i + kLanes);
    even += a * a;
    odd += b * b;
  }
  float total = reduce_add(even + odd);
  for (; i < n; i++) total += x[i] * x[i];
  return total;
}

}  // namespace

void rmsnorm_forward(const RmsNormForward<float>& a) {
  parallel_ranges(a.rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* x = a.x + r * a.width;
      float* y = a.y + r * a.width;
      const float rstd = 1.0f / std::sqrt(sum_of_squares(x, a.width) / a.width + a.eps);
      if (a.rstd) a.rstd[r] = rstd;
      for (int64_t i = 0; i < a.width; i++) y[i] = x[i] * rstd * a.weight[i];
    }
  });
}

void rmsnorm_backward(const RmsNormBackward<float>& a) {
  const int64_t blocks = (a.rows + kRmsNormRowBlock - 1) / kRmsNormRowBlock;
  parallel_for(blocks, [&](int64_t block) {
    float* partial = a.d_weight ? a.workspace + block * a.width : nullptr;
    if (partial) std::memset(partial, 0, a.width * sizeof(float));
    const int64_t end = (block + 1) * kRmsNormRowBlock < a.rows ? (block + 1) * kRmsNormRowBlock : a.rows;
    for (int64_t r = block * kRmsNormRowBlock; r < end; r++) {
      const float *x = a.x + r * a.width, *d_y = a.d_y + r * a.width;
      const float rstd = a.rstd[r];
      if (partial)
        for (int64_t i = 0; i < a.width; i++) partial[i] += d_y[i] * x[i] * rstd;
      if (!a.d_x) continue;
      const float projection = dot(a.weight, d_y, x, a.width) * rstd / a.width;  // mean(weight∘d_y∘x̂)
      float* d_x = a.d_x + r * a.width;
      for (int64_t i = 0; i < a.width; i++) d_x[i] += rstd * (a.weight[i] * d_y[i] - x[i] * rstd * projection);
    }
  });
  if (!a.d_weight) return;
  parallel_ranges(a.width, 256, [&](int64_t begin, int64_t end) {
    for (int64_t block = 0; block < blocks; block++)
      for (int64_t i = begin; i < end; i++) a.d_weight[i] += a.workspace[block * a.width + i];
  });
}

}  // namespace ls::cpu::LS_ISA
