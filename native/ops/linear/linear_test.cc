#include "ops/linear/linear.h"

#include <array>

#include "testing/check.h"

using namespace ls;
using testing::normal;

namespace {

// rows: decoding and its remainders (1–16), then one tile, several, and ragged ones.
const std::vector<std::array<int64_t, 3>> kShapes = {{1, 1, 1},   {1, 70, 50},  {2, 33, 97},   {3, 64, 48},   {4, 577, 6},   {7, 20, 101},
                                                     {16, 16, 16}, {17, 5, 3},   {65, 100, 33}, {130, 64, 300}, {600, 40, 450}, {1100, 17, 20}};

// Σ a·b over n products of N(0,1): the partial sums grow like √k and each addition rounds by u·√k, u = 6e-8, so the roundings add up to about u·n/2; the
// largest of some 100,000 such errors is 5 times that, and products of size 20 are rounded too.
double bound(int64_t n) { return 4 * 6e-8 * (n + 8.0); }

// Rows of `width` out of memory with `stride` between them; what lies between is NaN and must neither be read nor written.
std::vector<float> strided(const std::vector<float>& dense, int64_t rows, int64_t width, int64_t stride) {
  std::vector<float> out(rows * stride, NAN);
  for (int64_t r = 0; r < rows; r++) std::copy_n(&dense[r * width], width, &out[r * stride]);
  return out;
}

std::vector<double> strided(const std::vector<double>& dense, int64_t rows, int64_t width, int64_t stride) {
  std::vector<double> out(rows * stride, NAN);
  for (int64_t r = 0; r < rows; r++) std::copy_n(&dense[r * width], width, &out[r * stride]);
  return out;
}

}  // namespace

TEST(forward_matches_double) {
  testing::for_each_isa([] {
    for (auto [rows, in, out] : kShapes)
      for (bool with_bias : {false, true})
        for (float beta : {0.0f, 1.0f}) {
          const std::vector<float> x = normal(rows * in, 1), w = normal(out * in, 2), bias = normal(out, 3), before = normal(rows * out, 4);
          std::vector<double> want(rows * out);
          for (int64_t r = 0; r < rows; r++)
            for (int64_t o = 0; o < out; o++) {
              double sum = (with_bias ? bias[o] : 0) + (beta ? before[r * out + o] : 0);
              for (int64_t i = 0; i < in; i++) sum += static_cast<double>(x[r * in + i]) * w[o * in + i];
              want[r * out + o] = sum;
            }
          const std::vector<float> x_rows = strided(x, rows, in, in + 3);
          std::vector<float> y;
          CHECK_SAME_WITH_ANY_THREADS([&] {
            y = beta ? strided(before, rows, out, out + 2) : std::vector<float>(rows * (out + 2), NAN);
            cpu::linear_forward({rows, in, out, x_rows.data(), in + 3, w.data(), with_bias ? bias.data() : nullptr, y.data(), out + 2, beta});
            return y;
          });
          CHECK_CLOSE(y.data(), strided(want, rows, out, out + 2).data(), rows * (out + 2), bound(in), 0);
        }
  });
}

TEST(backward_input_matches_double) {
  for (auto [rows, in, out] : kShapes)
    for (float beta : {0.0f, 1.0f}) {
      const std::vector<float> d_y = normal(rows * out, 1), w = normal(out * in, 2), before = normal(rows * in, 4);
      std::vector<double> want(rows * in);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < in; i++) {
          double sum = beta ? before[r * in + i] : 0;
          for (int64_t o = 0; o < out; o++) sum += static_cast<double>(d_y[r * out + o]) * w[o * in + i];
          want[r * in + i] = sum;
        }
      const std::vector<float> d_y_rows = strided(d_y, rows, out, out + 3);
      std::vector<float> d_x;
      CHECK_SAME_WITH_ANY_THREADS([&] {
        d_x = beta ? strided(before, rows, in, in + 2) : std::vector<float>(rows * (in + 2), NAN);
        cpu::linear_backward_input({rows, in, out, d_y_rows.data(), out + 3, w.data(), d_x.data(), in + 2, beta});
        return d_x;
      });
      CHECK_CLOSE(d_x.data(), strided(want, rows, in, in + 2).data(), rows * (in + 2), bound(out), 0);
    }
}

TEST(backward_weight_matches_double) {
  for (auto [rows, in, out] : kShapes) {
    const std::vector<float> d_y = normal(rows * out, 1), x = normal(rows * in, 2), before = normal(out * in, 3), bias_before = normal(out, 4);
    std::vector<double> want = testing::in_double(before), want_bias = testing::in_double(bias_before);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t o = 0; o < out; o++) {
        want_bias[o] += d_y[r * out + o];
        for (int64_t i = 0; i < in; i++) want[o * in + i] += static_cast<double>(d_y[r * out + o]) * x[r * in + i];
      }
    const std::vector<float> d_y_rows = strided(d_y, rows, out, out + 3), x_rows = strided(x, rows, in, in + 2);
    std::vector<float> d_weight, d_bias;
    CHECK_SAME_WITH_ANY_THREADS([&] {
      d_weight = before;
      d_bias = bias_before;
      cpu::linear_backward_weight({rows, in, out, d_y_rows.data(), out + 3, x_rows.data(), in + 2, d_weight.data(), d_bias.data()});
      std::vector<float> both = d_weight;
      both.insert(both.end(), d_bias.begin(), d_bias.end());
      return both;
    });
    CHECK_CLOSE(d_weight.data(), want.data(), out * in, bound(rows), 0);
    CHECK_CLOSE(d_bias.data(), want_bias.data(), out, bound(rows), 0);
  }
}

// Few rows and many: y = alpha·x·Wᵀ + b + y with all-equal operands, so that the sums are exact.
TEST(alpha_scales_the_product_alone) {
  testing::for_each_isa([] {
    for (int64_t rows : {1, 6, 16, 70}) {
      const int64_t in = 20, out = 33;
      const std::vector<float> x(rows * in, 0.5f), w(out * in, 2.0f), bias(out, 3.0f);
      std::vector<float> y(rows * out, 7.0f), d_x(rows * in, 1.0f);
      cpu::linear_forward({rows, in, out, x.data(), in, w.data(), bias.data(), y.data(), out, 1, 0.25f});
      cpu::linear_backward_input({rows, in, out, y.data(), out, w.data(), d_x.data(), in, 1, -0.5f});
      for (float one : y) CHECK(one == 0.25f * 20 + 3 + 7);
      for (float one : d_x) CHECK(one == -0.5f * 33 * 15 * 2 + 1);
    }
  });
}

TEST(no_rows) {
  float w[] = {1}, y[] = {5}, d_w[] = {7};
  cpu::linear_forward({0, 1, 1, w, 1, w, nullptr, y, 1, 0});
  cpu::linear_backward_input({0, 1, 1, w, 1, w, y, 1, 0});
  cpu::linear_backward_weight({0, 1, 1, w, 1, w, 1, d_w, nullptr});
  CHECK(y[0] == 5 && d_w[0] == 7);
}

TEST(gemm_has_a_name) { CHECK(!std::strncmp(cpu::gemm_name(), "oneDNN ", 7) || !std::strcmp(cpu::gemm_name(), "reference")); }
