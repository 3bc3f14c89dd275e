// AdamW over a table of tensors and the sum of squares on a GPU, against double.
#include "ops/adamw/adamw.h"

#include <memory>

#include "testing/gpu_check.h"

using namespace ls;
using testing::in_double;
using testing::in_float;
using testing::normal;
using testing::OnDevice;

namespace {

constexpr double kLearningRate = 3e-3, kBeta1 = 0.9, kBeta2 = 0.95, kEps = 1e-8;

// Tensors of a training run on the device, and the same in double. offset: elements by which the pointers lie off the 16 bytes.
struct Tensor {
  Tensor(int64_t count, double decay, int64_t offset, uint32_t seed)
      : count(count), offset(offset), decay(decay), start(normal(count, seed)), weight(count + offset, to_bf16(NAN)), master(shifted(start)),
        m(count + offset, 0.0f), v(count + offset, 0.0f), want(in_double(start)), want_m(count), want_v(count) {}
  std::vector<float> shifted(std::vector<float> values) const {
    values.insert(values.begin(), offset, NAN);
    return values;
  }
  // A step of the published formula with the gradient g.
  void step(const std::vector<float>& g, double scale, int64_t t) {
    for (int64_t i = 0; i < count; i++) {
      const double scaled = scale * g[i];
      want_m[i] = kBeta1 * want_m[i] + (1 - kBeta1) * scaled;
      want_v[i] = kBeta2 * want_v[i] + (1 - kBeta2) * scaled * scaled;
      const double m_hat = want_m[i] / (1 - std::pow(kBeta1, t)), v_hat = want_v[i] / (1 - std::pow(kBeta2, t));
      want[i] = want[i] * (1 - kLearningRate * decay) - kLearningRate * m_hat / (std::sqrt(v_hat) + kEps);
    }
  }

  int64_t count, offset;
  double decay;
  std::vector<float> start;
  OnDevice<bf16> weight;
  OnDevice<float> master, m, v;
  std::vector<double> want, want_m, want_v;
};

struct Run {
  Run() {
    // One element; a tail of 3; exactly a block; two blocks; nothing; three blocks with a tail; and one tensor off the 16 bytes.
    const struct { int64_t count; double decay; int64_t offset; } shapes[] = {{1, 0.1, 0},    {15, 0, 0},     {4096, 0.1, 0}, {5000, 0, 0},
                                                                              {0, 0.1, 1}, {9003, 0.1, 0}, {4100, 0.1, 1}};
    for (const auto& s : shapes) tensors.push_back(std::make_unique<Tensor>(s.count, s.decay, s.offset, 10 + tensors.size()));
  }
  // One call with fresh gradients; returns what it read from the device: all masters, moments and weights.
  void step(int64_t t, float deviation, double clip, double squares_or_nan, double loss, bool expected) {
    std::vector<AdamWTensor> table;
    std::vector<std::unique_ptr<OnDevice<float>>> gradients;
    std::vector<std::vector<float>> values;
    double squares = 0;
    for (auto& one : tensors) {
      values.push_back(normal(one->count, static_cast<uint32_t>(100 * t + values.size()), deviation));
      for (float g : values.back()) squares += 1.0 * g * g;
      gradients.push_back(std::make_unique<OnDevice<float>>(one->shifted(values.back())));
      const int64_t o = one->offset;
      table.push_back({one->count, one->weight.get() + o, one->master.get() + o, one->m.get() + o, one->v.get() + o, gradients.back()->get() + o,
                       one->decay, 0});
    }
    if (!std::isfinite(squares_or_nan)) squares = squares_or_nan;
    const int64_t blocks = number_adamw_blocks(table.data(), static_cast<int64_t>(table.size()));
    const OnDevice<AdamWTensor> table_device(table);
    const OnDevice<double> squares_device(1, squares), loss_device(1, loss);
    gpu::adamw_all({static_cast<int64_t>(table.size()), table_device, blocks, kLearningRate, kBeta1, kBeta2, kEps, clip, squares_device,
                    loss_device, t});
    const double scale = clip > 0 ? std::min(1.0, clip / (std::sqrt(squares) + 1e-6)) : 1;
    if (expected)
      for (size_t i = 0; i < tensors.size(); i++) tensors[i]->step(values[i], scale, t);
  }
  std::vector<float> read() const {
    std::vector<float> all;
    for (const auto& one : tensors)
      for (const std::vector<float>& part : {in_float(one->weight.read()), one->master.read(), one->m.read(), one->v.read()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
  }
  std::vector<std::unique_ptr<Tensor>> tensors;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) { return !std::memcmp(a.data(), b.data(), a.size() * sizeof(float)); }

}  // namespace

// A step moves a weight by about the learning rate; its ten float operations cost 1e-6 of that, rounding the weight itself u·|w| a step (u = 2⁻²⁴).
// The moments are sums of three numbers. Gradients of deviation 1, 10 and 0.001: the first two are clipped.
TEST(three_steps_match_double) {
  std::unique_ptr<Run> last;
  CHECK_SAME_IN_EVERY_SCHEDULE([&] {
    last = std::make_unique<Run>();
    last->step(1, 1, 5, 0, 2.5, true);
    last->step(2, 10, 5, 0, 2.5, true);
    last->step(3, 1e-3f, 5, 0, 2.5, true);
    return last->read();
  });
  for (const auto& one : last->tensors) {
    const std::vector<float> master = one->master.read(), m = one->m.read(), v = one->v.read();
    const int64_t o = one->offset;
    CHECK_CLOSE(master.data() + o, one->want.data(), one->count, 3 * 3 * kLearningRate * 1e-6, 3 * 1.2e-7);
    CHECK_CLOSE(m.data() + o, one->want_m.data(), one->count, 1e-8, 1e-5);
    CHECK_CLOSE(v.data() + o, one->want_v.data(), one->count, 1e-12, 1e-5);
    const std::vector<bf16> weight = one->weight.read();
    for (int64_t i = 0; i < one->count; i++) CHECK(weight[o + i].bits == to_bf16(master[o + i]).bits);
    for (int64_t i = 0; i < o; i++) CHECK(std::isnan(master[i]) && std::isnan(to_float(weight[i])));  // in front of the tensor
  }
}

TEST(without_clipping_the_gradient_is_taken_as_it_is) {
  Run run;
  run.step(1, 10, 0, 0, 2.5, true);
  for (const auto& one : run.tensors)
    CHECK_CLOSE(one->master.read().data() + one->offset, one->want.data(), one->count, 3 * kLearningRate * 1e-6, 1.2e-7);
}

TEST(nothing_is_updated_unless_loss_and_norm_are_finite) {
  Run run;
  run.step(1, 1, 5, 0, 2.5, true);
  const std::vector<float> before = run.read();
  for (double bad : {double{NAN}, double{INFINITY}}) {
    run.step(2, 1, 5, bad, 2.5, false);
    run.step(2, 1, 0, bad, 2.5, false);
    run.step(2, 1, 5, 0, bad, false);
  }
  CHECK(same_bits(run.read(), before));
  run.step(2, 1, 5, 0, 2.5, true);
  CHECK(!same_bits(run.read(), before));
}

// Up to 32 squares of a thread are added in float, then double: relative error below 33·u of a sum of positive numbers. 300,001 are more pieces of
// 8,192 than blocks (20) stay on the emulated device.
TEST(sum_of_squares_matches_double) {
  for (int64_t count : {0, 1, 63, 8191, 8192, 8193, 300001})
    for (int64_t offset : {0, 1}) {
      if (count + offset == 0) continue;  // no memory of no bytes
      const std::vector<float> x = normal(count + offset, 1);
      double want = 0;
      for (int64_t i = offset; i < count + offset; i++) want += 1.0 * x[i] * x[i];
      const OnDevice<float> x_device(x);
      double sum = -1;
      CHECK_SAME_IN_EVERY_SCHEDULE([&] {
        const OnDevice<double> sum_device(1, -1.0), workspace(kSumOfSquaresWorkspace, NAN);
        gpu::sum_of_squares({count, x_device.get() + offset, sum_device, workspace});
        sum = sum_device.read()[0];
        std::vector<float> bits(2);
        std::memcpy(bits.data(), &sum, sizeof sum);
        return bits;
      });
      CHECK(std::abs(sum - want) <= 33 * 6e-8 * want);
    }
  const OnDevice<float> x(std::vector<float>{1, NAN, 2});
  const OnDevice<double> sum(1, -1.0), workspace(kSumOfSquaresWorkspace, NAN);
  gpu::sum_of_squares({3, x, sum, workspace});
  CHECK(std::isnan(sum.read()[0]));
}
