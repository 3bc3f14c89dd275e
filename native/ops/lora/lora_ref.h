// LoRA in double, for the tests of every backend: outputs, gradients, and the sums of absolute values from which their bounds follow.
#pragma once

#include <cstdint>
#include <cmath>
#include <vector>

namespace ls::testing {

struct LoraProblem {
  int64_t rows, in, rank;
  std::vector<int64_t> out;                      // of each target
  double scale;
  std::vector<double> x, a;                      // (rows, in), (targets·rank, in)
  std::vector<std::vector<double>> b, y, d_y;    // of each target: (out, rank), y before, gradient of y
  std::vector<double> d_x;                       // before

  int64_t width() const { return static_cast<int64_t>(out.size()) * rank; }

  std::vector<double> u() const {
    std::vector<double> u(rows * width());
    for (int64_t r = 0; r < rows; r++)
      for (int64_t j = 0; j < width(); j++)
        for (int64_t i = 0; i < in; i++) u[r * width() + j] += scale * x[r * in + i] * a[j * in + i];
    return u;
  }
  // y of target t; with `off` (what each element of u may be off), into `bound` what y may be off for it.
  std::vector<double> output(size_t t, const std::vector<double>& u, const std::vector<double>* off = nullptr, std::vector<double>* bound = nullptr) const {
    std::vector<double> result = y[t];
    if (bound) bound->assign(result.size(), 0);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t o = 0; o < out[t]; o++)
        for (int64_t k = 0; k < rank; k++) {
          const int64_t j = r * width() + t * rank + k;
          result[r * out[t] + o] += u[j] * b[t][o * rank + k];
          if (bound) (*bound)[r * out[t] + o] += (*off)[j] * std::abs(b[t][o * rank + k]);
        }
    return result;
  }
  // A function of the outputs whose gradient by y is d_y.
  double objective() const {
    double sum = 0;
    const std::vector<double> u_now = u();
    for (size_t t = 0; t < out.size(); t++) {
      const std::vector<double> result = output(t, u_now);
      for (size_t i = 0; i < result.size(); i++) sum += result[i] * d_y[t][i];
    }
    return sum;
  }
  std::vector<double> d_u() const {
    std::vector<double> d_u(rows * width());
    for (size_t t = 0; t < out.size(); t++)
      for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < rank; k++)
          for (int64_t o = 0; o < out[t]; o++) d_u[r * width() + t * rank + k] += scale * d_y[t][r * out[t] + o] * b[t][o * rank + k];
    return d_u;
  }
};

}  // namespace ls::testing
