#include "ops/adamw/adamw.h"

#include "testing/check.h"

using namespace ls;
using testing::normal;

namespace {

struct Settings { double learning_rate = 3e-3, beta1 = 0.9, beta2 = 0.95, eps = 1e-8, decay = 0.1, scale = 0.5; };

// The published formula in double, three steps with three gradients.
std::vector<double> in_double_after(int steps, const Settings& s, const std::vector<float>& start, const std::vector<std::vector<float>>& gradients) {
  std::vector<double> w = testing::in_double(start), m(w.size()), v(w.size());
  for (int t = 1; t <= steps; t++)
    for (size_t i = 0; i < w.size(); i++) {
      const double g = s.scale * gradients[t - 1][i];
      m[i] = s.beta1 * m[i] + (1 - s.beta1) * g;
      v[i] = s.beta2 * v[i] + (1 - s.beta2) * g * g;
      const double m_hat = m[i] / (1 - std::pow(s.beta1, t)), v_hat = v[i] / (1 - std::pow(s.beta2, t));
      w[i] = w[i] * (1 - s.learning_rate * s.decay) - s.learning_rate * m_hat / (std::sqrt(v_hat) + s.eps);
    }
  return w;
}

}  // namespace

// A step moves a weight by about the learning rate; its ten float operations cost 1e-6 of that, rounding the weight itself u·|w| a step.
TEST(three_steps_match_double) {
  testing::for_each_isa([] {
    for (int64_t count : {1, 15, 1000, 200003}) {
      const Settings s;
      const std::vector<float> start = normal(count, 1);
      const std::vector<std::vector<float>> gradients = {normal(count, 2), normal(count, 3, 10), normal(count, 4, 1e-3f)};
      const std::vector<double> want = in_double_after(3, s, start, gradients);
      std::vector<float> w;
      CHECK_SAME_WITH_ANY_THREADS([&] {
        w = start;
        std::vector<float> m(count), v(count);
        for (int64_t step = 1; step <= 3; step++)
          cpu::adamw({count, w.data(), m.data(), v.data(), gradients[step - 1].data(), s.learning_rate, s.beta1, s.beta2, s.eps, s.decay, s.scale, step});
        return w;
      });
      CHECK_CLOSE(w.data(), want.data(), count, 3 * 3 * s.learning_rate * 1e-6, 3 * 1.2e-7);
    }
  });
}

// Worked by hand: the first step without decay goes by lr·g/(|g| + eps), whatever the gradient's size; a zero gradient only decays.
TEST(first_step_by_hand) {
  testing::for_each_isa([] {
    float w[] = {1, 1, 2}, m[3] = {}, v[3] = {};
    const float g[] = {1e-3f, -50, 0};
    cpu::adamw({3, w, m, v, g, 0.25, 0.9, 0.999, 0, 0, 1, 1});
    CHECK(std::abs(w[0] - 0.75f) < 1e-6f);
    CHECK(std::abs(w[1] - 1.25f) < 1e-6f);
    CHECK(std::isnan(w[2]));  // 0/0 without eps: not hidden
    float w2[] = {2}, m2[] = {0}, v2[] = {0};
    const float zero[] = {0};
    cpu::adamw({1, w2, m2, v2, zero, 0.25, 0.9, 0.999, 1e-8, 0.5, 1, 1});
    CHECK(w2[0] == 1.75f);
  });
}

// 64 additions in float a lane, then double: relative error below 64u + u of the square.
TEST(sum_of_squares_matches_double) {
  testing::for_each_isa([] {
    for (int64_t count : {0, 1, 63, 1024, 65536, 65537, 5000011}) {
      const std::vector<float> x = normal(count, 1);
      double want = 0;
      for (float a : x) want += static_cast<double>(a) * a;
      double sum = -1;
      CHECK_SAME_WITH_ANY_THREADS([&] {
        cpu::sum_of_squares({count, x.data(), &sum});
        std::vector<float> bits(2);
        std::memcpy(bits.data(), &sum, sizeof sum);
        return bits;
      });
      CHECK(std::abs(sum - want) <= 65 * 6e-8 * want);
    }
  });
}
