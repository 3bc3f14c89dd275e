#include "ops/lora/lora.h"

#include <memory>
#include <tuple>

#include "ops/lora/lora_ref.h"
#include "testing/gpu_check.h"

using namespace ls;
using testing::in_double;
using testing::in_float;
using testing::LoraProblem;
using testing::normal_bf16;
using testing::OnDevice;

namespace {

constexpr double kRounding = 1.0 / 256, kSums = 1e-4;  // to bf16: half a unit in the last of 8 places; fp32 sums of some hundred products of this size

using Values = std::vector<bf16>;

std::vector<double> rounding_of(const std::vector<double>& values) {
  std::vector<double> off;
  for (double one : values) off.push_back(1.01 * kRounding * std::abs(one) + kSums);
  return off;
}

}  // namespace

// u and d_u are rounded to bf16; what they may be off goes through the second product with absolute values, and y and d_x are rounded themselves. q, k and v
// are slices of one fused projection.
TEST(outputs_and_gradients_match_double) {
  for (auto [rows, in, rank, outs] : std::vector<std::tuple<int64_t, int64_t, int64_t, std::vector<int64_t>>>{
           {5, 16, 4, {9}}, {70, 32, 8, {32, 16, 16}}, {130, 40, 16, {64, 64}}}) {
    LoraProblem ref{rows, in, rank, outs, 0.5, {}, {}, {}, {}, {}, {}};
    const Values x = normal_bf16(rows * in, 1), a = normal_bf16(ref.width() * in, 2), d_x_before = normal_bf16(rows * in, 3);
    ref.x = in_double(x), ref.a = in_double(a), ref.d_x = in_double(d_x_before);
    int64_t stride = 0;
    for (int64_t one : outs) stride += one;
    const Values y_before = normal_bf16(rows * stride, 4), d_y = normal_bf16(rows * stride, 5);
    const auto slice = [&, rows = rows](const auto& fused, int64_t at, int64_t width) {
      auto part = fused;
      part.clear();
      for (int64_t r = 0; r < rows; r++) part.insert(part.end(), &fused[r * stride + at], &fused[r * stride + at] + width);
      return part;
    };

    const OnDevice<bf16> on_x(x), on_a(a), d_x(d_x_before), y(y_before), on_d_y(d_y);
    const OnDevice<bf16> u(rows * ref.width(), to_bf16(NAN)), d_u(rows * ref.width(), to_bf16(NAN));
    const OnDevice<float> d_a(ref.width() * in, 1.0f);
    std::vector<std::unique_ptr<OnDevice<bf16>>> b;
    std::vector<std::unique_ptr<OnDevice<float>>> d_b;
    const int targets = static_cast<int>(outs.size());
    LoraForward<bf16> forward{rows, in, rank, targets, 0.5f, on_x, in, on_a, u, {}};
    LoraBackward<bf16> backward{rows, in, rank, targets, 0.5f, on_x, in, on_a, u, d_u, d_a, d_x, in, {}};
    int64_t at = 0;
    for (int t = 0; t < targets; at += outs[t++]) {
      const Values values = normal_bf16(outs[t] * rank, 6 + t);
      ref.b.push_back(in_double(values)), ref.y.push_back(in_double(slice(y_before, at, outs[t]))), ref.d_y.push_back(in_double(slice(d_y, at, outs[t])));
      b.push_back(std::make_unique<OnDevice<bf16>>(values)), d_b.push_back(std::make_unique<OnDevice<float>>(outs[t] * rank, 2.0f));
      forward.target[t] = {outs[t], *b[t], y + at, stride};
      backward.target[t] = {outs[t], *b[t], on_d_y + at, stride, *d_b[t]};
    }
    gpu::lora_forward(forward);
    gpu::lora_backward(backward);

    const std::vector<double> want_u = ref.u(), want_d_u = ref.d_u(), off = rounding_of(want_u), d_off = rounding_of(want_d_u);
    CHECK_WITHIN(in_float(u.read()), want_u, off);
    at = 0;
    for (int t = 0; t < targets; at += outs[t++]) {
      std::vector<double> bound, d_b_want(outs[t] * rank, 2.0), d_b_bound(outs[t] * rank, kSums);
      const std::vector<double> want = ref.output(t, want_u, &off, &bound);
      for (size_t i = 0; i < want.size(); i++) bound[i] += kRounding * (std::abs(want[i]) + bound[i]) + kSums;
      CHECK_WITHIN(slice(in_float(y.read()), at, outs[t]), want, bound);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < outs[t]; o++)
          for (int64_t k = 0; k < rank; k++) {
            const double g = ref.d_y[t][r * outs[t] + o];
            d_b_want[o * rank + k] += g * want_u[r * ref.width() + t * rank + k];
            d_b_bound[o * rank + k] += std::abs(g) * off[r * ref.width() + t * rank + k];
          }
      CHECK_WITHIN(d_b[t]->read(), d_b_want, d_b_bound);
    }
    std::vector<double> d_a_want(ref.width() * in, 1.0), d_a_bound(ref.width() * in, kSums), d_x_want = ref.d_x, d_x_bound(rows * in, kSums);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t j = 0; j < ref.width(); j++)
        for (int64_t i = 0; i < in; i++) {
          const double g = want_d_u[r * ref.width() + j], g_off = d_off[r * ref.width() + j];
          d_a_want[j * in + i] += g * ref.x[r * in + i], d_a_bound[j * in + i] += g_off * std::abs(ref.x[r * in + i]);
          d_x_want[r * in + i] += g * ref.a[j * in + i], d_x_bound[r * in + i] += g_off * std::abs(ref.a[j * in + i]);
        }
    for (size_t i = 0; i < d_x_want.size(); i++) d_x_bound[i] += kRounding * (std::abs(d_x_want[i]) + d_x_bound[i]);
    CHECK_WITHIN(d_a.read(), d_a_want, d_a_bound);
    CHECK_WITHIN(in_float(d_x.read()), d_x_want, d_x_bound);
  }
}

TEST(merge_rounds_once) {
  const int64_t in = 24, out = 17, rank = 4;
  const Values a = normal_bf16(rank * in, 2), b = normal_bf16(out * rank, 3), before = normal_bf16(out * in, 4);
  std::vector<double> want = in_double(before), bound;
  for (int64_t o = 0; o < out; o++)
    for (int64_t i = 0; i < in; i++)
      for (int64_t k = 0; k < rank; k++) want[o * in + i] += 2.0 * to_float(b[o * rank + k]) * to_float(a[k * in + i]);
  for (double one : want) bound.push_back(kRounding * std::abs(one) + 1e-5);
  const OnDevice<bf16> on_a(a), on_b(b), weight(before);
  gpu::lora_merge({in, out, rank, 2, on_a, on_b, weight});
  CHECK_WITHIN(in_float(weight.read()), want, bound);
}
