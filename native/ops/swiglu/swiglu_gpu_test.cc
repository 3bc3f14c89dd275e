// SwiGLU of the GPU against double, from the same bf16 numbers.
#include "ops/swiglu/swiglu.h"

#include "testing/gpu_check.h"

using namespace ls;
using testing::in_float;
using testing::normal_bf16;
using testing::OnDevice;

namespace {

double swiglu(double gate, double up) { return gate / (1 + std::exp(-gate)) * up; }

// Gates out to where e^−g overflows a float, both ways.
std::vector<bf16> inputs(int64_t rows, int64_t width) {
  std::vector<bf16> gate_up = normal_bf16(rows * 2 * width, 1, 4);
  gate_up[0] = to_bf16(-200);
  gate_up[width - 1] = to_bf16(200);
  return gate_up;
}

// Vectors; one by one; several rows in a block; several blocks to a row.
struct Shape { int64_t rows, width; };
const Shape kShapes[] = {{1, 1}, {9, 5}, {37, 16}, {9, 47}, {3, 1536}, {2, 2056}, {5, 72}, {2, 301}};

}  // namespace

// e^−g is off by |g|·u from rounding its argument and by 2⁻²² from ex2.approx (u = 2⁻²⁴), which for |g| < 90 is below 6e-6; the sum, the reciprocal
// and two products add 5u. Rounding to bf16 is 2⁻⁸ relative. What is below 1e-30 may be 0.
TEST(forward_matches_double) {
  for (const auto& [rows, width] : kShapes) {
    const std::vector<bf16> gate_up = inputs(rows, width);
    std::vector<double> want(rows * width);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t i = 0; i < width; i++)
        want[r * width + i] = swiglu(to_float(gate_up[r * 2 * width + i]), to_float(gate_up[(r * 2 + 1) * width + i]));
    const OnDevice<bf16> gate_up_device(gate_up);
    std::vector<float> y;
    CHECK_SAME_IN_EVERY_SCHEDULE([&, rows = rows, width = width] {
      const OnDevice<bf16> y_device(rows * width, to_bf16(NAN));
      gpu::swiglu_forward({rows, width, gate_up_device, y_device});
      y = in_float(y_device.read());
      return y;
    });
    CHECK_CLOSE(y.data(), want.data(), rows * width, 1e-30, 1.0 / 256 + 8e-6);
  }
}

// In place, as training runs it, against slopes. 1 + g·(1 − s) may cancel: |g|·s·(1 − s) <= 0.3 and its error is 6e-6 of that and a few u, times
// |d_y·up| <= 100: 2e-4 and 3e-5 in the worst case, a tenth of it in truth.
TEST(backward_matches_slopes) {
  for (const auto& [rows, width] : kShapes) {
    const std::vector<bf16> gate_up = inputs(rows, width), d_y = normal_bf16(rows * width, 2);
    std::vector<double> want(rows * 2 * width);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t i = 0; i < width; i++) {
        double gate = to_float(gate_up[r * 2 * width + i]), up = to_float(gate_up[(r * 2 + 1) * width + i]);
        const auto loss = [&, r = r, i = i, width = width] { return to_float(d_y[r * width + i]) * swiglu(gate, up); };
        want[r * 2 * width + i] = testing::slope(gate, loss);
        want[(r * 2 + 1) * width + i] = testing::slope(up, loss);
      }
    const OnDevice<bf16> d_y_device(d_y);
    std::vector<float> d_gate_up;
    CHECK_SAME_IN_EVERY_SCHEDULE([&, rows = rows, width = width] {
      const OnDevice<bf16> device(gate_up);
      gpu::swiglu_backward({rows, width, device, d_y_device, device});
      d_gate_up = in_float(device.read());
      return d_gate_up;
    });
    CHECK_CLOSE(d_gate_up.data(), want.data(), rows * 2 * width, 2e-5, 1.0 / 256 + 8e-6);
  }
}

TEST(pointers_off_the_16_bytes) {
  const int64_t rows = 3, width = 24;
  const std::vector<bf16> gate_up = normal_bf16(rows * 2 * width + 1, 1);
  const OnDevice<bf16> gate_up_device(gate_up), y(rows * width, to_bf16(NAN));
  gpu::swiglu_forward({rows, width, gate_up_device.get() + 1, y});
  std::vector<double> want(rows * width);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < width; i++)
      want[r * width + i] = swiglu(to_float(gate_up[1 + r * 2 * width + i]), to_float(gate_up[1 + (r * 2 + 1) * width + i]));
  CHECK_CLOSE(in_float(y.read()).data(), want.data(), rows * width, 1e-30, 1.0 / 256 + 8e-6);
}

TEST(nan_is_handed_on) {
  const std::vector<bf16> gate_up = testing::in_bf16({NAN, 1, 1, NAN}), d_y = testing::in_bf16({1, 1});
  const OnDevice<bf16> gate_up_device(gate_up), d_y_device(d_y), y(2, to_bf16(0)), d(4, to_bf16(0));
  gpu::swiglu_forward({1, 2, gate_up_device, y});
  gpu::swiglu_backward({1, 2, gate_up_device, d_y_device, d});
  const std::vector<float> y_got = in_float(y.read()), d_got = in_float(d.read());
  CHECK(std::isnan(y_got[0]) && std::isnan(y_got[1]) && std::isnan(d_got[0]) && std::isnan(d_got[2]));
}
