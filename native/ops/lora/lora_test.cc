#include "ops/lora/lora.h"

#include "ops/lora/lora_ref.h"
#include "testing/check.h"

using namespace ls;
using testing::in_double;
using testing::LoraProblem;
using testing::normal;

namespace {

using Floats = std::vector<float>;

// Adapters of q, k and v as slices of one fused projection: y and d_y have the stride of all three.
struct Case {
  LoraProblem ref;
  Floats x, a, fused_y, fused_d_y, d_x;
  std::vector<Floats> b;
  int64_t stride = 0;

  Case(int64_t rows, int64_t in, int64_t rank, std::vector<int64_t> out) {
    x = normal(rows * in, 1), a = normal(out.size() * rank * in, 2), d_x = normal(rows * in, 3);
    for (int64_t one : out) stride += one;
    fused_y = normal(rows * stride, 4), fused_d_y = normal(rows * stride, 5);
    ref = {rows, in, rank, out, 0.5, in_double(x), in_double(a), {}, {}, {}, in_double(d_x)};
    int64_t at = 0;
    for (size_t t = 0; t < out.size(); at += out[t++]) {
      b.push_back(normal(out[t] * rank, 6 + t));
      ref.b.push_back(in_double(b[t]));
      std::vector<double> y, d_y;
      for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < out[t]; o++) y.push_back(fused_y[r * stride + at + o]), d_y.push_back(fused_d_y[r * stride + at + o]);
      ref.y.push_back(y), ref.d_y.push_back(d_y);
    }
  }

  struct Result { Floats u, y, d_x, d_a; std::vector<Floats> d_b; };
  Result run(bool with_d_x = true) const {
    Result result{Floats(ref.rows * ref.width(), NAN), fused_y, d_x, Floats(a.size(), 1.0f), {}};
    Floats d_u(ref.rows * ref.width(), NAN);
    for (const Floats& one : b) result.d_b.emplace_back(one.size(), 2.0f);
    const int targets = static_cast<int>(b.size());
    LoraForward<float> forward{ref.rows, ref.in, ref.rank, targets, 0.5f, x.data(), ref.in, a.data(), result.u.data(), {}};
    LoraBackward<float> backward{ref.rows, ref.in, ref.rank, targets, 0.5f, x.data(), ref.in, a.data(), result.u.data(), d_u.data(), result.d_a.data(),
                                 with_d_x ? result.d_x.data() : nullptr, ref.in, {}};
    int64_t at = 0;
    for (int t = 0; t < targets; at += ref.out[t++]) {
      forward.target[t] = {ref.out[t], b[t].data(), result.y.data() + at, stride};
      backward.target[t] = {ref.out[t], b[t].data(), fused_d_y.data() + at, stride, result.d_b[t].data()};
    }
    cpu::lora_forward(forward);
    cpu::lora_backward(backward);
    return result;
  }
};

}  // namespace

// Two products in a row of at most 40 numbers of size 5 with 16 of size 1: float's 6e-8 of sums below 1,000, times a few.
TEST(outputs_match_double_and_gradients_match_slopes) {
  testing::for_each_isa([] {
    for (const Case& c : {Case(5, 12, 4, {9}), Case(19, 8, 3, {10, 4, 6}), Case(2, 16, 16, {7, 7})}) {
      const Case::Result got = c.run();
      LoraProblem ref = c.ref;
      const std::vector<double> u = ref.u();
      CHECK_CLOSE(got.u.data(), u.data(), u.size(), 3e-5, 0);
      const auto objective = [&] { return ref.objective(); };
      int64_t at = 0;
      for (size_t t = 0; t < ref.out.size(); at += ref.out[t++]) {
        const std::vector<double> y = ref.output(t, u);
        for (int64_t r = 0; r < ref.rows; r++) CHECK_CLOSE(&got.y[r * c.stride + at], &y[r * ref.out[t]], ref.out[t], 1e-4, 0);
        std::vector<double> d_b;
        for (double& one : ref.b[t]) d_b.push_back(2 + testing::slope(one, objective));
        CHECK_CLOSE(got.d_b[t].data(), d_b.data(), d_b.size(), 3e-4, 0);
      }
      std::vector<double> d_a, d_x;
      for (double& one : ref.a) d_a.push_back(1 + testing::slope(one, objective));
      for (size_t i = 0; i < ref.x.size(); i++) d_x.push_back(c.d_x[i] + testing::slope(ref.x[i], objective));
      CHECK_CLOSE(got.d_a.data(), d_a.data(), d_a.size(), 3e-4, 0);
      CHECK_CLOSE(got.d_x.data(), d_x.data(), d_x.size(), 3e-4, 0);
    }
  });
}

TEST(any_number_of_threads) {
  const Case c(300, 33, 8, {40, 24, 24});
  CHECK_SAME_WITH_ANY_THREADS([&] {
    Case::Result got = c.run();
    for (const Floats& more : {got.d_x, got.d_a, got.d_b[0], got.d_b[2]}) got.y.insert(got.y.end(), more.begin(), more.end());
    return got.y;
  });
}

TEST(nothing_below_wants_a_gradient) {
  const Case c(5, 12, 4, {9});
  const Case::Result with = c.run(), without = c.run(false);
  CHECK(without.d_x == c.d_x && without.d_a == with.d_a && without.d_b == with.d_b);
}

// A merged layer gives what layer and adapter give together.
TEST(merge_equals_layer_and_adapter) {
  const int64_t in = 24, out = 17, rank = 4, rows = 6;
  const Floats x = normal(rows * in, 1), a = normal(rank * in, 2), b = normal(out * rank, 3);
  Floats weight = normal(out * in, 4);
  std::vector<double> want(rows * out);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t o = 0; o < out; o++)
      for (int64_t i = 0; i < in; i++) {
        double w = weight[o * in + i];
        for (int64_t k = 0; k < rank; k++) w += 2.0 * b[o * rank + k] * a[k * in + i];
        want[r * out + o] += w * x[r * in + i];
      }
  cpu::lora_merge({in, out, rank, 2, a.data(), b.data(), weight.data()});
  for (int64_t r = 0; r < rows; r++)
    for (int64_t o = 0; o < out; o++) {
      double sum = 0;
      for (int64_t i = 0; i < in; i++) sum += static_cast<double>(weight[o * in + i]) * x[r * in + i];
      CHECK(std::abs(sum - want[r * out + o]) < 1e-4);
    }
}
