// RMSNorm's GPU kernels against double, from the same bf16 numbers. Widths reach every kernel: rows held by a warp (8, 256, 576), by 128 threads
// (1000, 2048), by 256 threads (2056, 4096, 8192), and rows read twice (odd widths, 8200, pointers off the 16 bytes).
#include "ops/rmsnorm/rmsnorm.h"

#include "testing/gpu_check.h"

using namespace ls;
using testing::in_double;
using testing::in_float;
using testing::normal;
using testing::normal_bf16;
using testing::OnDevice;

namespace {

constexpr double kEps = 1e-5;
const bf16 kNan = to_bf16(NAN);

struct Shape { int64_t rows, width; };
// More rows than blocks stay on the emulated device: 16 blocks of 8 rows at 64, 12 of 8 at 576, 12 of 2 at 1000, 12 of 1 at 2056, 8 of 1 at 8192.
const Shape kShapes[] = {{7, 1},     {40, 3},   {2, 31},    {1, 64},   {200, 64}, {3, 8},   {3, 256},
                         {110, 576}, {30, 1000}, {2, 2048}, {14, 2056}, {3, 4096}, {9, 8192}, {2, 8200}};

// Rows of a pointer that may lie one element off.
struct Rows {
  Rows(const std::vector<bf16>& values, bool aligned) : offset(aligned ? 0 : 1), memory(static_cast<int64_t>(values.size()) + offset) {
    gpu::upload(get(), values.data(), values.size() * sizeof(bf16));
  }
  bf16* get() const { return memory.get() + offset; }
  std::vector<float> read() const {
    const std::vector<float> all = in_float(memory.read());
    return {all.begin() + offset, all.end()};
  }
  int64_t offset;
  OnDevice<bf16> memory;
};

struct Case {
  Case(int64_t rows, int64_t width, bool aligned = true)
      : rows(rows), width(width), aligned(aligned), x(normal_bf16(rows * width, 1, 3)), weight(normal_bf16(width, 2)),
        d_y(normal_bf16(rows * width, 3)), before(normal_bf16(rows * width, 4)), rstd(rows) {
    for (int64_t r = 0; r < rows; r++) {
      double squares = 0;
      for (int64_t i = 0; i < width; i++) squares += std::pow(to_float(x[r * width + i]), 2);
      rstd[r] = 1 / std::sqrt(squares / width + kEps);
    }
  }
  std::vector<double> y() const {
    std::vector<double> y(rows * width);
    for (int64_t i = 0; i < rows * width; i++) y[i] = to_float(x[i]) * rstd[i / width] * to_float(weight[i % width]);
    return y;
  }
  void gradients(std::vector<double>& d_x, std::vector<double>& d_weight) const {
    d_x = in_double(before);
    d_weight.assign(width, 7);
    for (int64_t r = 0; r < rows; r++) {
      const bf16 *x_r = &x[r * width], *d_y_r = &d_y[r * width];
      double mean = 0;
      for (int64_t i = 0; i < width; i++) mean += 1.0 * to_float(weight[i]) * to_float(d_y_r[i]) * to_float(x_r[i]) * rstd[r] / width;
      for (int64_t i = 0; i < width; i++) {
        const double hat = to_float(x_r[i]) * rstd[r];
        d_x[r * width + i] += rstd[r] * (1.0 * to_float(weight[i]) * to_float(d_y_r[i]) - hat * mean);
        d_weight[i] += to_float(d_y_r[i]) * hat;
      }
    }
  }
  std::vector<float> rstd_in_float() const { return {rstd.begin(), rstd.end()}; }

  int64_t rows, width;
  bool aligned;
  std::vector<bf16> x, weight, d_y, before;
  std::vector<double> rstd;
};

void check_forward(const Case& c) {
  const std::vector<double> want = c.y();
  const Rows x(c.x, c.aligned), weight(c.weight, c.aligned);
  std::vector<float> y, rstd;
  CHECK_SAME_IN_EVERY_SCHEDULE([&] {
    const Rows y_device(std::vector<bf16>(c.rows * c.width, kNan), c.aligned);
    const OnDevice<float> rstd_device(c.rows, NAN);
    gpu::rmsnorm_forward({c.rows, c.width, static_cast<float>(kEps), x.get(), weight.get(), y_device.get(), rstd_device});
    y = y_device.read();
    rstd = rstd_device.read();
    return y;
  });
  CHECK_CLOSE(rstd.data(), c.rstd.data(), c.rows, 0, 3e-6);
  CHECK_CLOSE(y.data(), want.data(), c.rows * c.width, 0, 1.0 / 256 + 4e-6);
}

void check_backward(const Case& c, bool d_x_wanted = true, bool d_weight_wanted = true) {
  std::vector<double> want_x, want_weight;
  c.gradients(want_x, want_weight);
  const Rows x(c.x, c.aligned), weight(c.weight, c.aligned), d_y(c.d_y, c.aligned);
  const OnDevice<float> rstd(c.rstd_in_float());
  const int64_t workspace_size = gpu::rmsnorm_backward_workspace(c.rows, c.width);
  std::vector<float> d_x, d_weight;
  CHECK_SAME_IN_EVERY_SCHEDULE([&] {
    const Rows d_x_device(c.before, c.aligned);
    const OnDevice<float> d_weight_device(c.width, 7), workspace(workspace_size, NAN);
    gpu::rmsnorm_backward({c.rows, c.width, x.get(), weight.get(), rstd, d_y.get(), d_x_wanted ? d_x_device.get() : nullptr,
                           d_weight_wanted ? d_weight_device.get() : nullptr, d_weight_wanted ? workspace.get() : nullptr});
    d_x = d_x_device.read();
    d_weight = d_weight_device.read();
    std::vector<float> all = d_x;
    all.insert(all.end(), d_weight.begin(), d_weight.end());
    return all;
  });
  if (d_x_wanted) CHECK_CLOSE(d_x.data(), want_x.data(), c.rows * c.width, 2e-5, 1.0 / 256);
  if (d_weight_wanted) CHECK_CLOSE(d_weight.data(), want_weight.data(), c.width, 2e-5, 1e-6);
  else for (float g : d_weight) CHECK(g == 7);
}

}  // namespace

// A thread adds up 33 squares at most, then come 13 additions in a tree: (33 + 13)·u relative (u = 2⁻²⁴), the root half of that, a few roundings:
// below 3e-6. y is then rounded to bf16: half a unit in the last of 8 binary places, 2⁻⁸ relative.
TEST(forward_matches_double) {
  for (const Shape& s : kShapes) check_forward(Case(s.rows, s.width));
  check_forward(Case(5, 64, false));
}

// d_x is rounded once to bf16, 2⁻⁸ of it. Before that there are terms of up to 4·4 with a few roundings each, and a mean of products with 46u: below
// 2e-5 absolute. d_weight is a float: a sum over at most 200 rows of terms of up to 16, in chains of 25 and 20.
TEST(backward_matches_double) {
  for (const Shape& s : kShapes) check_backward(Case(s.rows, s.width));
  check_backward(Case(5, 64, false));
}

TEST(what_is_not_wanted_is_not_touched) {
  for (const Shape& s : {Shape{10, 64}, Shape{5, 31}, Shape{3, 2056}}) {
    const Case c(s.rows, s.width);
    check_backward(c, true, false);
    check_backward(c, false, true);
    std::vector<double> want = c.y();
    const OnDevice<bf16> x(c.x), weight(c.weight), y(c.rows * c.width, kNan);
    gpu::rmsnorm_forward({c.rows, c.width, static_cast<float>(kEps), x, weight, y, nullptr});
    CHECK_CLOSE(in_float(y.read()).data(), want.data(), c.rows * c.width, 0, 1.0 / 256 + 4e-6);
  }
}

// Σ d_y·y in double, moved at one place of x or weight. The slope is good to 1e-9; then the bounds above.
TEST(backward_matches_slopes) {
  Case c(5, 24);
  std::vector<double> x = in_double(c.x), weight = in_double(c.weight), want_x = in_double(c.before), want_weight(c.width, 7);
  const auto loss = [&] {
    double sum = 0;
    for (int64_t r = 0; r < c.rows; r++) {
      double squares = 0;
      for (int64_t i = 0; i < c.width; i++) squares += x[r * c.width + i] * x[r * c.width + i];
      const double rstd = 1 / std::sqrt(squares / c.width + kEps);
      for (int64_t i = 0; i < c.width; i++) sum += to_float(c.d_y[r * c.width + i]) * x[r * c.width + i] * rstd * weight[i];
    }
    return sum;
  };
  for (size_t i = 0; i < x.size(); i++) want_x[i] += testing::slope(x[i], loss);
  for (size_t i = 0; i < weight.size(); i++) want_weight[i] += testing::slope(weight[i], loss);
  const OnDevice<bf16> x_device(c.x), weight_device(c.weight), d_y(c.d_y), d_x(c.before);
  const OnDevice<float> rstd(c.rstd_in_float()), d_weight(c.width, 7), workspace(gpu::rmsnorm_backward_workspace(c.rows, c.width));
  gpu::rmsnorm_backward({c.rows, c.width, x_device, weight_device, rstd, d_y, d_x, d_weight, workspace});
  CHECK_CLOSE(in_float(d_x.read()).data(), want_x.data(), c.rows * c.width, 2e-5, 1.0 / 256);
  CHECK_CLOSE(d_weight.read().data(), want_weight.data(), c.width, 2e-5, 1e-6);
}
