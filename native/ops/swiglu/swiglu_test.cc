#include "ops/swiglu/swiglu.h"

#include "testing/check.h"

using namespace ls;
using testing::normal;

namespace {

double swiglu(double gate, double up) { return gate / (1 + std::exp(-gate)) * up; }

// Gates out to where e^−g overflows a float, both ways.
std::vector<float> inputs(int64_t rows, int64_t width) {
  std::vector<float> gate_up = normal(rows * 2 * width, 1, 4);
  gate_up[0] = -200;
  gate_up[width - 1] = 200;
  return gate_up;
}

}  // namespace

// exp is good to 3e-7; the sum, the quotient and two products add 4u: 6e-7 relative. What is below 1e-30 may be 0.
TEST(forward_matches_double) {
  testing::for_each_isa([] {
    for (int64_t width : {1, 5, 16, 47, 1536})
      for (int64_t rows : {1, 9}) {
        const std::vector<float> gate_up = inputs(rows, width);
        std::vector<double> want(rows * width);
        for (int64_t r = 0; r < rows; r++)
          for (int64_t i = 0; i < width; i++) want[r * width + i] = swiglu(gate_up[r * 2 * width + i], gate_up[(r * 2 + 1) * width + i]);
        std::vector<float> y;
        CHECK_SAME_WITH_ANY_THREADS([&] {
          y.assign(rows * width, NAN);
          cpu::swiglu_forward({rows, width, gate_up.data(), y.data()});
          return y;
        });
        CHECK_CLOSE(y.data(), want.data(), rows * width, 1e-30, 8e-7);
      }
  });
}

// In place, as training runs it. 1 + g·(1 − s) may cancel, so the bound on d_gate is absolute: |d_y·up| <= 100 times a few u.
TEST(backward_matches_slopes) {
  testing::for_each_isa([] {
    for (int64_t width : {1, 5, 16, 47}) {
      const int64_t rows = 9;
      const std::vector<float> gate_up = inputs(rows, width), d_y = normal(rows * width, 2);
      std::vector<double> want(rows * 2 * width);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < width; i++) {
          double gate = gate_up[r * 2 * width + i], up = gate_up[(r * 2 + 1) * width + i];
          const auto loss = [&] { return d_y[r * width + i] * swiglu(gate, up); };
          want[r * 2 * width + i] = testing::slope(gate, loss);
          want[(r * 2 + 1) * width + i] = testing::slope(up, loss);
        }
      std::vector<float> d_gate_up;
      CHECK_SAME_WITH_ANY_THREADS([&] {
        d_gate_up = gate_up;
        cpu::swiglu_backward({rows, width, d_gate_up.data(), d_y.data(), d_gate_up.data()});
        return d_gate_up;
      });
      CHECK_CLOSE(d_gate_up.data(), want.data(), rows * 2 * width, 1e-5, 1e-6);
    }
  });
}

TEST(nan_is_handed_on) {
  testing::for_each_isa([] {
    const float gate_up[] = {NAN, 1, 1, NAN}, d_y[] = {1, 1};
    float y[2], d[4];
    cpu::swiglu_forward({1, 2, gate_up, y});
    cpu::swiglu_backward({1, 2, gate_up, d_y, d});
    CHECK(std::isnan(y[0]) && std::isnan(y[1]) && std::isnan(d[0]) && std::isnan(d[2]));
  });
}
