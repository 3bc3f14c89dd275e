#include "ops/adamw/adamw.h"

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

constexpr int64_t kChunk = 1 << 16;  // elements a thread takes at a time

// What is the same for all elements, rounded to float once.
struct Coefficients { float scale, keep, rate1, beta2, rate2, root2, eps, step_size; };

// PyTorch's float arithmetic in PyTorch's order (torch.optim.AdamW, single-tensor form). Coefficients by value and pointers that do not overlap: else
// the compiler does not make vectors of it.
void update(Coefficients c, int64_t count, float* __restrict weight, float* __restrict m, float* __restrict v, const float* __restrict gradient) {
  for (int64_t i = 0; i < count; i++) {
    const float g = gradient[i] * c.scale;
    const float m_i = m[i] + c.rate1 * (g - m[i]), v_i = v[i] * c.beta2 + c.rate2 * (g * g);
    m[i] = m_i;
    v[i] = v_i;
    weight[i] = weight[i] * c.keep - c.step_size * (m_i / (std::sqrt(v_i) / c.root2 + c.eps));
  }
}

}  // namespace

// Bias corrections in double.
void adamw(const AdamW& a) {
  const double correction1 = 1 - std::pow(a.beta1, static_cast<double>(a.step)), correction2 = 1 - std::pow(a.beta2, static_cast<double>(a.step));
  const auto rounded = [](double x) { return static_cast<float>(x); };
  const Coefficients c = {rounded(a.scale),     rounded(1 - a.learning_rate * a.decay), rounded(1 - a.beta1), rounded(a.beta2),
                          rounded(1 - a.beta2), rounded(std::sqrt(correction2)),        rounded(a.eps),       rounded(a.learning_rate / correction1)};
  parallel_ranges(a.count, kChunk, [&](int64_t begin, int64_t end) {
    update(c, end - begin, a.weight + begin, a.m + begin, a.v + begin, a.gradient + begin);
  });
}

// Chunks of floats whose sums are added in double, in order.
void sum_of_squares(const SumOfSquares& a) {
  constexpr int64_t kPieces = 64;  // partial sums at once on the stack
  double total = 0;
  for (int64_t start = 0; start < a.count; start += kPieces * kChunk) {
    double partial[kPieces] = {};
    const int64_t count = a.count - start < kPieces * kChunk ? a.count - start : kPieces * kChunk;
    parallel_ranges(count, kChunk, [&](int64_t begin, int64_t end) {
      const float* x = a.x + start;
      double sum = 0;
      int64_t i = begin;
      for (; i + 64 * kLanes <= end; i += 64 * kLanes) {  // 64 additions a lane in float, then double
        Vec lanes{};
        for (int64_t j = i; j < i + 64 * kLanes; j += kLanes) lanes += load(x + j) * load(x + j);
        for (int lane = 0; lane < kLanes; lane++) sum += lanes[lane];
      }
      for (; i < end; i++) sum += static_cast<double>(x[i]) * x[i];
      partial[begin / kChunk] = sum;
    });
    for (double sum : partial) total += sum;
  }
  *a.sum = total;
}

}  // namespace ls::cpu::LS_ISA
