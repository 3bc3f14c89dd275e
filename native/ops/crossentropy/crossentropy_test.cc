#include "ops/crossentropy/crossentropy.h"

#include "testing/check.h"

using namespace ls;
using testing::normal;

namespace {

struct Problem {
  int64_t rows, width, vocabulary;
  std::vector<float> x, weight, row_weight;
  std::vector<int32_t> label;
  double denominator;

  Problem(int64_t rows, int64_t width, int64_t vocabulary, bool weighted) : rows(rows), width(width), vocabulary(vocabulary) {
    x = normal(rows * width, 1);
    weight = normal(vocabulary * width, 2);
    if (weighted)
      for (int64_t r = 0; r < rows; r++) row_weight.push_back(0.25f * (r % 5));
    for (int64_t r = 0; r < rows; r++) label.push_back(static_cast<int32_t>(r * 7 % vocabulary));
    denominator = 0.7 * rows;
  }

  // The loss in double; dz (rows, vocabulary) where wanted.
  double loss(const std::vector<double>& x, const std::vector<double>& weight, std::vector<double>* dz = nullptr) const {
    double total = 0;
    if (dz) dz->assign(rows * vocabulary, 0);
    std::vector<double> z(vocabulary);
    for (int64_t r = 0; r < rows; r++) {
      double top = -INFINITY, sum = 0;
      for (int64_t v = 0; v < vocabulary; v++) {
        z[v] = 0;
        for (int64_t i = 0; i < width; i++) z[v] += x[r * width + i] * weight[v * width + i];
        top = std::max(top, z[v]);
      }
      for (double one : z) sum += std::exp(one - top);
      const double w = (row_weight.empty() ? 1 : row_weight[r]) / denominator;
      total += w * (top + std::log(sum) - z[label[r]]);
      if (dz)
        for (int64_t v = 0; v < vocabulary; v++) (*dz)[r * vocabulary + v] = w * (std::exp(z[v] - top) / sum - (v == label[r]));
    }
    return total;
  }

  double run(float* d_x, float* d_weight, std::vector<float>& workspace) const {
    double loss = 0;
    cpu::linear_cross_entropy({rows, width, vocabulary, x.data(), weight.data(), label.data(), row_weight.empty() ? nullptr : row_weight.data(),
                               denominator, d_x, d_weight, workspace.data(), &loss});
    return loss;
  }
};

}  // namespace

// A logit of `width` products of N(0,1) is off by about 1e-6·√width, and so is a row's loss; dz by that times its probability, over the denominator.
TEST(loss_and_gradients_match_slopes) {
  testing::for_each_isa([] {
    for (bool weighted : {false, true}) {
      const Problem p(9, 6, 23, weighted);
      std::vector<double> x = testing::in_double(p.x), weight = testing::in_double(p.weight), want_x, want_w;
      const double want = p.loss(x, weight);
      for (double& one : x) want_x.push_back(testing::slope(one, [&] { return p.loss(x, weight); }));
      for (double& one : weight) want_w.push_back(3 + testing::slope(one, [&] { return p.loss(x, weight); }));
      std::vector<float> d_x(p.x.size(), NAN), d_weight(p.weight.size(), 3), workspace(cpu::cross_entropy_workspace(p.rows, 0, p.vocabulary), NAN);
      CHECK(std::abs(p.run(d_x.data(), d_weight.data(), workspace) - want) < 3e-6);
      CHECK_CLOSE(d_x.data(), want_x.data(), p.rows * p.width, 3e-6, 0);
      CHECK_CLOSE(d_weight.data(), want_w.data(), p.vocabulary * p.width, 3e-6, 0);
      CHECK(std::abs(p.run(nullptr, nullptr, workspace) - want) < 3e-6);  // the loss alone
    }
  });
}

// A vocabulary so large that the rows take two chunks, and no multiple of any vector.
TEST(chunks_and_threads) {
  const int64_t vocabulary = 400003, width = 3, rows = cpu::cross_entropy_chunk(width, vocabulary) + 5;
  const Problem p(rows, width, vocabulary, true);
  std::vector<double> dz, want_x(rows * width), want_w(vocabulary * width);
  const double want = p.loss(testing::in_double(p.x), testing::in_double(p.weight), &dz);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t v = 0; v < vocabulary; v++)
      for (int64_t i = 0; i < width; i++) {
        want_x[r * width + i] += dz[r * vocabulary + v] * p.weight[v * width + i];
        want_w[v * width + i] += dz[r * vocabulary + v] * p.x[r * width + i];
      }
  testing::for_each_isa([&] {
    std::vector<float> d_x, d_weight, workspace(cpu::cross_entropy_workspace(rows, 0, vocabulary), NAN);
    double loss = 0;
    CHECK_SAME_WITH_ANY_THREADS([&] {
      d_x.assign(rows * width, NAN);
      d_weight.assign(vocabulary * width, 0);
      loss = p.run(d_x.data(), d_weight.data(), workspace);
      std::vector<float> all = d_x;
      all.insert(all.end(), d_weight.begin(), d_weight.end());
      all.push_back(static_cast<float>(loss));
      return all;
    });
    CHECK(std::abs(loss - want) < 3e-6);
    CHECK_CLOSE(d_x.data(), want_x.data(), rows * width, 1e-6, 0);
    CHECK_CLOSE(d_weight.data(), want_w.data(), vocabulary * width, 1e-6, 0);
  });
}

TEST(only_what_is_wanted) {
  const Problem p(9, 6, 23, false);
  std::vector<float> workspace(cpu::cross_entropy_workspace(9, 0, 23)), both_x(54), both_w(23 * 6), one_x(54), one_w(23 * 6);
  p.run(both_x.data(), both_w.data(), workspace);
  p.run(one_x.data(), nullptr, workspace);
  p.run(nullptr, one_w.data(), workspace);
  CHECK(one_x == both_x && one_w == both_w);
  const Problem none(0, 6, 23, false);
  CHECK(none.run(nullptr, nullptr, workspace) == 0);
}

TEST(logits_that_overflow_an_exponential) {
  testing::for_each_isa([] {
    const float x[] = {1}, weight[] = {500, 400, -500, 498};
    const int32_t label[] = {3};
    std::vector<float> workspace(cpu::cross_entropy_workspace(1, 0, 4));
    float d_x[1];
    double loss = 0;
    cpu::linear_cross_entropy({1, 1, 4, x, weight, label, nullptr, 1, d_x, nullptr, workspace.data(), &loss});
    const double p = 1 / (1 + std::exp(-2.0));
    CHECK(std::abs(loss - (2 + std::log1p(std::exp(-2.0)))) < 1e-6);
    CHECK(std::abs(d_x[0] - (500 * p + 498 * (1 - p) - 498)) < 1e-4);
  });
}

TEST(nan_is_handed_on) {
  testing::for_each_isa([] {
    const float x[] = {1}, weight[] = {1, NAN, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const int32_t label[] = {0};
    std::vector<float> workspace(cpu::cross_entropy_workspace(1, 0, 19));
    double loss = 0;
    cpu::linear_cross_entropy({1, 1, 19, x, weight, label, nullptr, 1, nullptr, nullptr, workspace.data(), &loss});
    CHECK(std::isnan(loss));
  });
}
