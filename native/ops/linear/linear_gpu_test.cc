#include "ops/linear/linear.h"

#include <array>

#include "ops/linear/column_sums.h"
#include "testing/gpu_check.h"

using namespace ls;
using testing::in_double;
using testing::in_float;
using testing::normal;
using testing::normal_bf16;
using testing::OnDevice;

namespace {

// Decoding, tiles, ragged ones; slices of a wider matrix follow from the strides.
const std::vector<std::array<int64_t, 3>> kShapes = {{1, 1, 1}, {1, 70, 50}, {3, 64, 48}, {16, 16, 16}, {65, 100, 33}, {130, 64, 300}, {300, 17, 20}};

// fp32 sums of n products of N(0,1), as in linear_test.cc, then half a unit in the last of bf16's 8 places: 2⁻⁸ of the value.
double bound(int64_t n) { return 1.01 * 4 * 6e-8 * (n + 8.0); }
constexpr double kRounding = 1.0 / 256;

// Rows of `width` with `stride` between them; what lies between is NaN and must neither be read nor written.
template <class T>
std::vector<T> strided(const std::vector<T>& dense, int64_t rows, int64_t width, int64_t stride, T between) {
  std::vector<T> out(rows * stride, between);
  for (int64_t r = 0; r < rows; r++) std::copy_n(dense.data() + r * width, width, out.data() + r * stride);
  return out;
}
std::vector<double> strided(const std::vector<double>& dense, int64_t rows, int64_t width, int64_t stride) {
  return strided<double>(dense, rows, width, stride, NAN);
}
std::vector<bf16> strided(const std::vector<bf16>& dense, int64_t rows, int64_t width, int64_t stride) {
  return strided<bf16>(dense, rows, width, stride, to_bf16(NAN));
}

}  // namespace

TEST(forward_matches_double) {
  for (auto [rows, in, out] : kShapes)
    for (bool with_bias : {false, true})
      for (float beta : {0.0f, 1.0f}) {
        const std::vector<bf16> x = normal_bf16(rows * in, 1), w = normal_bf16(out * in, 2), bias = normal_bf16(out, 3);
        const std::vector<bf16> before = beta ? normal_bf16(rows * out, 4) : std::vector<bf16>(rows * out, to_bf16(NAN));
        std::vector<double> want(rows * out);
        for (int64_t r = 0; r < rows; r++)
          for (int64_t o = 0; o < out; o++) {
            double sum = (with_bias ? to_float(bias[o]) : 0) + (beta ? to_float(before[r * out + o]) : 0);
            for (int64_t i = 0; i < in; i++) sum += static_cast<double>(to_float(x[r * in + i])) * to_float(w[o * in + i]);
            want[r * out + o] = sum;
          }
        const OnDevice<bf16> d_x(strided(x, rows, in, in + 3)), d_w(w), d_bias(bias), y(strided(before, rows, out, out + 2));
        gpu::linear_forward({rows, in, out, d_x, in + 3, d_w, with_bias ? d_bias.get() : nullptr, y, out + 2, beta});
        CHECK_CLOSE(in_float(y.read()).data(), strided(want, rows, out, out + 2).data(), rows * (out + 2), bound(in), kRounding);
      }
}

TEST(backward_input_matches_double) {
  for (auto [rows, in, out] : kShapes)
    for (float beta : {0.0f, 1.0f}) {
      const std::vector<bf16> d_y = normal_bf16(rows * out, 1), w = normal_bf16(out * in, 2);
      const std::vector<bf16> before = beta ? normal_bf16(rows * in, 4) : std::vector<bf16>(rows * in, to_bf16(NAN));
      std::vector<double> want(rows * in);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < in; i++) {
          double sum = beta ? to_float(before[r * in + i]) : 0;
          for (int64_t o = 0; o < out; o++) sum += static_cast<double>(to_float(d_y[r * out + o])) * to_float(w[o * in + i]);
          want[r * in + i] = sum;
        }
      const OnDevice<bf16> d_d_y(strided(d_y, rows, out, out + 3)), d_w(w), d_x(strided(before, rows, in, in + 2));
      gpu::linear_backward_input({rows, in, out, d_d_y, out + 3, d_w, d_x, in + 2, beta});
      CHECK_CLOSE(in_float(d_x.read()).data(), strided(want, rows, in, in + 2).data(), rows * (in + 2), bound(out), kRounding);
    }
}

TEST(backward_weight_matches_double) {
  for (auto [rows, in, out] : kShapes) {
    const std::vector<bf16> d_y = normal_bf16(rows * out, 1), x = normal_bf16(rows * in, 2);
    const std::vector<float> before = normal(out * in, 3), bias_before = normal(out, 4);
    std::vector<double> want = in_double(before), want_bias = in_double(bias_before);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t o = 0; o < out; o++) {
        want_bias[o] += to_float(d_y[r * out + o]);
        for (int64_t i = 0; i < in; i++) want[o * in + i] += static_cast<double>(to_float(d_y[r * out + o])) * to_float(x[r * in + i]);
      }
    const OnDevice<bf16> d_d_y(strided(d_y, rows, out, out + 3)), d_x(strided(x, rows, in, in + 2));
    const OnDevice<float> d_weight(before), d_bias(bias_before);
    gpu::linear_backward_weight({rows, in, out, d_d_y, out + 3, d_x, in + 2, d_weight, d_bias});
    CHECK_CLOSE(d_weight.read().data(), want.data(), out * in, bound(rows), 0);
    CHECK_CLOSE(d_bias.read().data(), want_bias.data(), out, bound(rows), 0);
  }
}

// All-equal operands: the sums are exact, and small enough for bf16.
TEST(alpha_scales_the_product_alone) {
  const int64_t rows = 5, in = 16, out = 24;
  const OnDevice<bf16> x(rows * in, to_bf16(0.5f)), w(out * in, to_bf16(2)), bias(out, to_bf16(3)), y(rows * out, to_bf16(7)), d_x(rows * in, to_bf16(4));
  gpu::linear_forward({rows, in, out, x, in, w, bias, y, out, 1, 0.25f});
  gpu::linear_backward_input({rows, in, out, y, out, w, d_x, in, 1, -0.5f});
  for (bf16 one : y.read()) CHECK(to_float(one) == 0.25f * 16 + 3 + 7);
  for (bf16 one : d_x.read()) CHECK(to_float(one) == -0.5f * 24 * 14 * 2 + 4);
}

// Aligned and ragged, fewer rows than a block has and several rounds of them.
TEST(column_sums_match_double_in_every_schedule) {
  const std::vector<std::array<int64_t, 3>> shapes = {{1, 8, 8}, {5, 3, 7}, {129, 64, 96}, {700, 40, 40}, {1100, 37, 41}, {520, 72, 80}};
  for (auto [rows, columns, stride] : shapes) {
    const std::vector<bf16> in = normal_bf16(rows * columns, 1);
    const std::vector<float> before = normal(columns, 2);
    std::vector<double> want = in_double(before);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < columns; c++) want[c] += to_float(in[r * columns + c]);
    const OnDevice<bf16> d_in(strided(in, rows, columns, stride));
    std::vector<float> got;
    CHECK_SAME_IN_EVERY_SCHEDULE([&, rows = rows, columns = columns, stride = stride] {
      const OnDevice<float> sums(before);
      gpu::column_sums({rows, columns, d_in, stride, sums});
      return got = sums.read();
    });
    CHECK_CLOSE(got.data(), want.data(), columns, bound(rows), 0);
  }
}

TEST(no_rows) {
  const OnDevice<bf16> w(1, to_bf16(1)), y(1, to_bf16(5));
  const OnDevice<float> d_w(1, 7.0f), d_bias(1, 8.0f);
  gpu::linear_forward({0, 1, 1, w, 1, w, nullptr, y, 1, 0});
  gpu::linear_backward_input({0, 1, 1, w, 1, w, y, 1, 0});
  gpu::linear_backward_weight({0, 1, 1, w, 1, w, 1, d_w, d_bias});
  CHECK(to_float(y.read()[0]) == 5 && d_w.read()[0] == 7 && d_bias.read()[0] == 8);
}

TEST(products_have_a_name) { CHECK(!gpu::gemm_name().empty()); }
