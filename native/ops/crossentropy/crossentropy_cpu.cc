#include "ops/crossentropy/rows.h"

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

constexpr int64_t kBlock = 64 * kLanes;  // floats summed in single precision before the sum goes on in double

float largest(const float* z, int64_t n) {
  Vec best = splat(-INFINITY);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) best = max(best, load(z + i));
  float m = reduce_max(best);
  for (; i < n; i++) m = z[i] > m ? z[i] : m;
  return m;
}

// Σ exp(z_i − m); with `keep` the exponentials replace z.
template <bool keep>
double sum_of_exponentials(float* z, int64_t n, float m) {
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = begin + kBlock < n ? begin + kBlock : n;
    Vec sum{};
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      const Vec e = exp(load(z + i) - m);
      if (keep) store(z + i, e);
      sum += e;
    }
    if (i < end) {
      const int tail = static_cast<int>(end - i);
      Vec e = exp(load_n(z + i, tail) - m);
      if (keep) store_n(z + i, e, tail);
      for (int lane = 0; lane < tail; lane++) total += e[lane];
    }
    total += reduce_add(sum);
  }
  return total;
}

}  // namespace

void cross_entropy_rows(const CrossEntropyRows<float>& a) {
  parallel_for(a.rows, [&](int64_t r) {
    float* z = a.logits + r * a.stride;
    const int32_t label = a.label[r];
    const double weight = (a.row_weight ? a.row_weight[r] : 1.0) / a.denominator;
    const float m = largest(z, a.vocabulary), of_label = z[label];
    const double sum = a.gradient ? sum_of_exponentials<true>(z, a.vocabulary, m) : sum_of_exponentials<false>(z, a.vocabulary, m);
    a.loss[r] = weight * (m + std::log(sum) - of_label);
    if (!a.gradient) return;
    const float scale = static_cast<float>(weight / sum);
    for (int64_t i = 0; i < a.vocabulary; i++) z[i] *= scale;
    z[label] -= static_cast<float>(weight);
  });
}

}  // namespace ls::cpu::LS_ISA
