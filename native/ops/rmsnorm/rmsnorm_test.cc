#include "ops/rmsnorm/rmsnorm.h"

#include "testing/check.h"

using namespace ls;
using testing::in_double;
using testing::normal;

namespace {

constexpr double kEps = 1e-5;

// y in double.
std::vector<double> forward(int64_t rows, int64_t width, const std::vector<double>& x, const std::vector<double>& weight) {
  std::vector<double> y(rows * width);
  for (int64_t r = 0; r < rows; r++) {
    double squares = 0;
    for (int64_t i = 0; i < width; i++) squares += x[r * width + i] * x[r * width + i];
    const double rstd = 1 / std::sqrt(squares / width + kEps);
    for (int64_t i = 0; i < width; i++) y[r * width + i] = x[r * width + i] * rstd * weight[i];
  }
  return y;
}

std::vector<float> rstd_of(int64_t rows, int64_t width, const std::vector<float>& x) {
  std::vector<float> weight(width, 1), y(rows * width), rstd(rows);
  cpu::rmsnorm_forward({rows, width, static_cast<float>(kEps), x.data(), weight.data(), y.data(), rstd.data()});
  return rstd;
}

}  // namespace

// A sum of n squares in 8 or more chains is off by (n/8 + 8)·u relative at most (u = 2⁻²⁴), its root by half of that, then four roundings.
TEST(forward_matches_double) {
  testing::for_each_isa([] {
    for (int64_t width : {1, 3, 31, 64, 576, 1000})
      for (int64_t rows : {1, 16, 37}) {
        const std::vector<float> x = normal(rows * width, 1, 3), weight = normal(width, 2);
        const std::vector<double> want = forward(rows, width, in_double(x), in_double(weight));
        std::vector<float> y;
        CHECK_SAME_WITH_ANY_THREADS([&] {
          y.assign(rows * width, NAN);
          cpu::rmsnorm_forward({rows, width, static_cast<float>(kEps), x.data(), weight.data(), y.data(), nullptr});
          return y;
        });
        CHECK_CLOSE(y.data(), want.data(), rows * width, 1e-12, (width / 16.0 + 8) * 6e-8);
      }
  });
}

// Slopes of Σ d_y·y in double. A gradient is a few products of numbers of size 1 (rounding 1e-6) and, for the weight, a sum over rows.
TEST(backward_matches_slopes) {
  testing::for_each_isa([] {
    const int64_t rows = 41, width = 21;  // more rows than a block
    const std::vector<float> x = normal(rows * width, 1), weight = normal(width, 2), d_y = normal(rows * width, 3), before = normal(rows * width, 4);
    std::vector<double> xd = in_double(x), wd = in_double(weight), want_x = in_double(before), want_w(width);
    const auto loss = [&] {
      const std::vector<double> y = forward(rows, width, xd, wd);
      double sum = 0;
      for (size_t i = 0; i < y.size(); i++) sum += d_y[i] * y[i];
      return sum;
    };
    for (size_t i = 0; i < xd.size(); i++) want_x[i] += testing::slope(xd[i], loss);
    for (size_t i = 0; i < wd.size(); i++) want_w[i] = 7 + testing::slope(wd[i], loss);
    const std::vector<float> rstd = rstd_of(rows, width, x);
    std::vector<float> d_x, d_weight, workspace(cpu::rmsnorm_backward_workspace(rows, width), NAN);
    CHECK_SAME_WITH_ANY_THREADS([&] {
      d_x = before;
      d_weight.assign(width, 7);
      cpu::rmsnorm_backward({rows, width, x.data(), weight.data(), rstd.data(), d_y.data(), d_x.data(), d_weight.data(), workspace.data()});
      std::vector<float> all = d_x;
      all.insert(all.end(), d_weight.begin(), d_weight.end());
      return all;
    });
    CHECK_CLOSE(d_x.data(), want_x.data(), rows * width, 5e-6, 1e-6);
    CHECK_CLOSE(d_weight.data(), want_w.data(), width, 1e-5, 1e-6);
  });
}

// Wide rows against the formula; and what is frozen is not touched.
TEST(backward_wide_and_frozen) {
  testing::for_each_isa([] {
    for (int64_t width : {64, 576, 1001}) {
      const int64_t rows = 33;
      const std::vector<float> x = normal(rows * width, 1), weight = normal(width, 2), d_y = normal(rows * width, 3);
      const std::vector<float> rstd = rstd_of(rows, width, x);
      std::vector<double> want_x(rows * width), want_w(width);
      for (int64_t r = 0; r < rows; r++) {
        double mean = 0;
        for (int64_t i = 0; i < width; i++) mean += 1.0 * weight[i] * d_y[r * width + i] * x[r * width + i] * rstd[r] / width;
        for (int64_t i = 0; i < width; i++) {
          const double hat = 1.0 * x[r * width + i] * rstd[r];
          want_x[r * width + i] = rstd[r] * (1.0 * weight[i] * d_y[r * width + i] - hat * mean);
          want_w[i] += d_y[r * width + i] * hat;
        }
      }
      std::vector<float> d_x(rows * width), d_weight(width), workspace(cpu::rmsnorm_backward_workspace(rows, width), NAN);
      cpu::rmsnorm_backward({rows, width, x.data(), weight.data(), rstd.data(), d_y.data(), d_x.data(), nullptr, nullptr});
      cpu::rmsnorm_backward({rows, width, x.data(), weight.data(), rstd.data(), d_y.data(), nullptr, d_weight.data(), workspace.data()});
      CHECK_CLOSE(d_x.data(), want_x.data(), rows * width, 5e-6, 1e-6);
      CHECK_CLOSE(d_weight.data(), want_w.data(), width, 1e-5, 1e-6);
    }
  });
}
