#include "ops/crossentropy/crossentropy.h"

#include <array>
#include <limits>

#include "ops/crossentropy/rows.h"
#include "testing/gpu_check.h"

using namespace ls;
using testing::in_double;
using testing::in_float;
using testing::normal;
using testing::normal_bf16;
using testing::OnDevice;

namespace {

constexpr double kRounding = 1.0 / 256;  // to bf16: half a unit in the last of 8 places

// One row in double: softmax in p; returns log Σ exp z.
double softmax(const double* z, int64_t n, std::vector<double>& p) {
  double top = -INFINITY, sum = 0;
  for (int64_t i = 0; i < n; i++) top = std::max(top, z[i]);
  p.resize(n);
  for (int64_t i = 0; i < n; i++) sum += p[i] = std::exp(z[i] - top);
  for (double& one : p) one /= sum;
  return top + std::log(sum);
}

// ---- rows: from logits that are bf16 already

struct Rows {
  int64_t rows, vocabulary, stride;
  std::vector<bf16> logits;  // with NaN between the rows
  std::vector<int32_t> label;
  std::vector<float> row_weight;
  double denominator = 3.5;

  Rows(int64_t rows, int64_t vocabulary, float deviation) : rows(rows), vocabulary(vocabulary), stride((vocabulary + 7) / 8 * 8 + 8) {
    const std::vector<bf16> z = normal_bf16(rows * vocabulary, 1, deviation);
    logits.assign(rows * stride, to_bf16(NAN));
    for (int64_t r = 0; r < rows; r++) std::copy_n(&z[r * vocabulary], vocabulary, &logits[r * stride]);
    for (int64_t r = 0; r < rows; r++) {
      label.push_back(static_cast<int32_t>((vocabulary - 1) * r / std::max<int64_t>(1, rows - 1)));  // the first, the last, and between
      row_weight.push_back(0.5f * ((r + 1) % 4));
    }
  }

  struct Result { std::vector<float> loss, logits; };
  Result run(bool weighted, bool gradient) const {
    const OnDevice<bf16> z(logits);
    const OnDevice<int32_t> labels(label);
    const OnDevice<float> weights(row_weight);
    const OnDevice<double> loss(rows, NAN);
    gpu::cross_entropy_rows({rows, vocabulary, z, stride, labels, weighted ? weights.get() : nullptr, denominator, gradient, loss});
    Result result{{}, in_float(z.read())};
    for (double one : loss.read()) result.loss.push_back(static_cast<float>(one));
    return result;
  }
};

}  // namespace

// An exponential is off by about 2⁻²² of itself, and by the rounding of its argument, |z − top|·1.2e-7, which where exp is not negligible is less than 4e-6;
// the sum by a few 1e-7 more. So a loss is good to 6e-6 of its weight, and p to 1e-5 of itself (|z − top| is below 80 here).
TEST(rows_match_double) {
  for (auto [rows, vocabulary] : std::vector<std::array<int64_t, 2>>{{1, 1}, {2, 2}, {3, 7}, {4, 8}, {5, 23}, {3, 257}, {5, 1000}, {3, 4099}, {1, 20003}})
    for (bool weighted : {false, true}) {
      const Rows problem(rows, vocabulary, 4);
      const Rows::Result both = problem.run(weighted, true), loss_alone = problem.run(weighted, false);
      std::vector<double> loss, loss_bound, dz, dz_bound, p;
      for (int64_t r = 0; r < rows; r++) {
        const std::vector<double> z = in_double(std::vector<bf16>(&problem.logits[r * problem.stride], &problem.logits[r * problem.stride] + vocabulary));
        const double w = (weighted ? problem.row_weight[r] : 1) / problem.denominator;
        loss.push_back(w * (softmax(z.data(), vocabulary, p) - z[problem.label[r]]));
        loss_bound.push_back(w * 6e-6);
        for (int64_t v = 0; v < problem.stride; v++) {
          const double want = v < vocabulary ? w * (p[v] - (v == problem.label[r])) : NAN;
          CHECK(v < vocabulary || std::isnan(both.logits[r * problem.stride + v]));  // what lies between rows stays
          if (v >= vocabulary) continue;
          dz.push_back(want);
          dz_bound.push_back(std::abs(want) * kRounding + w * p[v] * 1e-5 + 1e-38);
        }
      }
      std::vector<float> got;
      for (int64_t r = 0; r < rows; r++) got.insert(got.end(), &both.logits[r * problem.stride], &both.logits[r * problem.stride] + vocabulary);
      CHECK_WITHIN(both.loss, loss, loss_bound);
      CHECK_WITHIN(got, dz, dz_bound);
      CHECK(both.loss == loss_alone.loss);
      CHECK(!std::memcmp(loss_alone.logits.data(), in_float(problem.logits).data(), problem.logits.size() * sizeof(float)));  // logits untouched
    }
}

TEST(rows_the_same_in_every_schedule) {
  for (auto [rows, vocabulary] : std::vector<std::array<int64_t, 2>>{{4, 301}, {1, 16401}}) {
    const Rows problem(rows, vocabulary, 3);
    CHECK_SAME_IN_EVERY_SCHEDULE([&] {
      Rows::Result result = problem.run(true, true);
      for (float& one : result.logits)
        if (std::isnan(one)) one = 0;  // between the rows
      result.logits.insert(result.logits.end(), result.loss.begin(), result.loss.end());
      return result.logits;
    });
  }
}

TEST(rows_of_extremes) {
  Rows problem(5, 300, 1);
  const auto set = [&](int64_t row, int64_t from, int64_t to, float z) {
    for (int64_t v = from; v < to; v++) problem.logits[row * problem.stride + v] = to_bf16(z);
  };
  const float most = to_float(to_bf16(3e38f)), infinite = std::numeric_limits<float>::infinity();
  problem.label = {7, 299, 0, 3, 3};
  problem.row_weight.assign(5, 1);
  set(0, 0, 300, -most), set(0, 7, 8, most), set(0, 8, 9, most);  // exponentials that overflow: two equal ones share everything
  set(1, 0, 292, -infinite);                                      // most threads see nothing but −inf
  set(2, 100, 101, NAN);                                          // handed on
  set(3, 0, 300, -infinite);                                      // no distribution
  set(4, 5, 6, infinite);
  const Rows::Result result = problem.run(false, true);
  const auto row = [&](int64_t r) { return &result.logits[r * problem.stride]; };
  CHECK(std::abs(result.loss[0] - std::log(2.0) / 3.5) < 1e-6);
  CHECK(std::abs(row(0)[7] + 0.5 / 3.5) < 1e-3 && std::abs(row(0)[8] - 0.5 / 3.5) < 1e-3 && row(0)[9] == 0);
  std::vector<double> z = in_double(std::vector<bf16>(&problem.logits[problem.stride + 292], &problem.logits[problem.stride + 300])), p;
  CHECK(std::abs(result.loss[1] - (softmax(z.data(), 8, p) - z[7]) / 3.5) < 3e-6);
  CHECK(row(1)[0] == 0 && row(1)[291] == 0 && std::abs(row(1)[295] - p[3] / 3.5) <= p[3] / 3.5 * 0.0041);
  for (int64_t r : {2, 3, 4}) {
    CHECK(std::isnan(result.loss[r]));
    CHECK(std::isnan(row(r)[0]) && std::isnan(row(r)[299]));
  }
}

TEST(losses_are_added_in_a_fixed_order) {
  for (int64_t count : {1, 31, 256, 1000}) {
    std::vector<double> losses = in_double(normal(count, 5));
    const OnDevice<double> on_device(losses);
    double want = 40;
    for (double one : losses) want += one;
    CHECK_SAME_IN_EVERY_SCHEDULE([&] {
      const OnDevice<double> total(1, 40.0);
      gpu::add_losses(count, on_device, total);
      const double got = total.read()[0];
      CHECK(std::abs(got - want) < 1e-12 * count);
      std::vector<float> bits(2);
      std::memcpy(bits.data(), &got, sizeof got);
      return bits;
    });
  }
}

// ---- the whole op: head, loss, gradients

namespace {

struct Problem {
  int64_t rows, width, vocabulary;
  std::vector<bf16> x, weight;
  std::vector<float> row_weight;
  std::vector<int32_t> label;
  double denominator;

  Problem(int64_t rows, int64_t width, int64_t vocabulary) : rows(rows), width(width), vocabulary(vocabulary) {
    x = normal_bf16(rows * width, 1);
    weight = normal_bf16(vocabulary * width, 2, 2 / std::sqrt(static_cast<float>(width)));  // logits of N(0, 4)
    for (int64_t r = 0; r < rows; r++) {
      row_weight.push_back(0.25f * (r % 5));
      label.push_back(static_cast<int32_t>(r * 7 % vocabulary));
    }
    denominator = 0.7 * rows;
  }

  // In double, with the bounds of what the GPU may be off. A logit is rounded to bf16: off by e = 2⁻⁸·|z| (and by fp32 sums, far less). To first order that
  // moves log Σ exp by Σ p·e at most, p by p·(e + Σ p·e), and dz, which is rounded too, by w times that plus 2⁻⁸·|dz|. Five percent on top for the second
  // order. Products hand the bounds on, with absolute values; d_x is rounded once more.
  struct Reference {
    double loss = 0, loss_bound = 0;
    std::vector<double> d_x, d_x_bound, d_weight, d_weight_bound;
  };
  Reference reference(const std::vector<double>& x, const std::vector<double>& weight) const {
    Reference ref;
    ref.d_x.assign(rows * width, 0), ref.d_x_bound = ref.d_x;
    ref.d_weight.assign(vocabulary * width, 0), ref.d_weight_bound = ref.d_weight;
    std::vector<double> z(vocabulary), p;
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t v = 0; v < vocabulary; v++) {
        z[v] = 0;
        for (int64_t i = 0; i < width; i++) z[v] += x[r * width + i] * weight[v * width + i];
      }
      const double log_sum = softmax(z.data(), vocabulary, p), w = row_weight[r] / denominator;
      const auto off = [&](int64_t v) { return 1.05 * kRounding * std::abs(z[v]) + 1e-5; };
      double off_sum = 0;
      for (int64_t v = 0; v < vocabulary; v++) off_sum += p[v] * off(v);
      ref.loss += w * (log_sum - z[label[r]]);
      ref.loss_bound += w * (off_sum + off(label[r]));
      for (int64_t v = 0; v < vocabulary; v++) {
        const double dz = w * (p[v] - (v == label[r])), dz_off = w * p[v] * (off(v) + off_sum) + kRounding * std::abs(dz);
        for (int64_t i = 0; i < width; i++) {
          ref.d_x[r * width + i] += dz * weight[v * width + i];
          ref.d_x_bound[r * width + i] += 1.01 * dz_off * std::abs(weight[v * width + i]);
          ref.d_weight[v * width + i] += dz * x[r * width + i];
          ref.d_weight_bound[v * width + i] += 1.01 * dz_off * std::abs(x[r * width + i]);
        }
      }
    }
    for (int64_t i = 0; i < rows * width; i++) ref.d_x_bound[i] += kRounding * (std::abs(ref.d_x[i]) + ref.d_x_bound[i]) + 1e-7;
    for (double& one : ref.d_weight_bound) one += 1e-6;  // added to a number of size 3 in fp32
    return ref;
  }
  Reference reference() const { return reference(in_double(x), in_double(weight)); }

  struct Result { double loss; std::vector<float> d_x, d_weight; };
  Result run(bool with_x, bool with_weight, int64_t most = 0) const {
    const OnDevice<bf16> d_x(rows * width, to_bf16(NAN)), x_there(x), weight_there(weight);
    const OnDevice<float> d_weight(vocabulary * width, 3.0f), weights(row_weight), workspace(gpu::cross_entropy_workspace(rows, width, vocabulary), NAN);
    const OnDevice<int32_t> labels(label);
    const OnDevice<double> loss(1, 10.0);
    const LinearCrossEntropy<bf16> op{rows, width, vocabulary, x_there, weight_there, labels, weights, denominator, with_x ? d_x.get() : nullptr,
                                      with_weight ? d_weight.get() : nullptr, workspace, loss};
    if (most) gpu::linear_cross_entropy_in_chunks(most, op);
    else gpu::linear_cross_entropy(op);
    return {loss.read()[0] - 10, in_float(d_x.read()), d_weight.read()};
  }
};

}  // namespace

TEST(the_reference_has_the_slopes_of_its_loss) {
  const Problem problem(5, 4, 9);
  std::vector<double> x = in_double(problem.x), weight = in_double(problem.weight);
  const Problem::Reference ref = problem.reference(x, weight);
  const auto loss = [&] { return problem.reference(x, weight).loss; };
  for (size_t i = 0; i < x.size(); i++) CHECK(std::abs(testing::slope(x[i], loss) - ref.d_x[i]) < 1e-8);
  for (size_t i = 0; i < weight.size(); i++) CHECK(std::abs(testing::slope(weight[i], loss) - ref.d_weight[i]) < 1e-8);
}

TEST(loss_and_gradients_match_double) {
  for (auto [rows, width, vocabulary, most] : std::vector<std::array<int64_t, 4>>{{9, 6, 23, 0}, {33, 40, 301, 0}, {33, 40, 301, 7}, {20, 64, 1003, 8}}) {
    const Problem problem(rows, width, vocabulary);
    const Problem::Reference ref = problem.reference();
    std::vector<double> d_weight = ref.d_weight;
    for (double& one : d_weight) one += 3;  // added to what was there
    const Problem::Result got = problem.run(true, true, most);
    CHECK(std::abs(got.loss - ref.loss) <= ref.loss_bound);
    CHECK_WITHIN(got.d_x, ref.d_x, ref.d_x_bound);
    CHECK_WITHIN(got.d_weight, d_weight, ref.d_weight_bound);
  }
}

TEST(only_what_is_wanted) {
  const Problem problem(12, 16, 101);
  const Problem::Result both = problem.run(true, true), x = problem.run(true, false), weight = problem.run(false, true), neither = problem.run(false, false);
  CHECK(x.d_x == both.d_x && weight.d_weight == both.d_weight);
  CHECK(std::isnan(weight.d_x[0]) && x.d_weight[0] == 3 && std::isnan(neither.d_x[5]) && neither.d_weight[7] == 3);
  CHECK(x.loss == both.loss && weight.loss == both.loss && neither.loss == both.loss);
  CHECK(Problem(0, 16, 101).run(true, true).loss == 0);
}

TEST(the_same_in_every_schedule) {
  const Problem problem(10, 8, 77);
  CHECK_SAME_IN_EVERY_SCHEDULE([&] {
    Problem::Result result = problem.run(true, true, 4);
    result.d_x.insert(result.d_x.end(), result.d_weight.begin(), result.d_weight.end());
    result.d_x.push_back(static_cast<float>(result.loss));
    return result.d_x;
  });
}

TEST(chunks_by_bytes) {
  CHECK(gpu::cross_entropy_chunk(576, 49152) == 2688);      // 252 MiB
  CHECK(gpu::cross_entropy_chunk(4096, 128256) == 2048);    // 501 MiB
  CHECK(gpu::cross_entropy_chunk(4096, 1000000) == 1024);   // never fewer of a wide model
  CHECK(gpu::cross_entropy_chunk(64, 100000000) == 128);
  // One row's loss, up to the next 256 bytes, and its logits in bf16, up to a multiple of 8.
  CHECK(gpu::cross_entropy_workspace(1, 64, 13) == 64 + 16 / 2);
  CHECK(gpu::cross_entropy_workspace(5000, 576, 49152) == 10048 + 2688 * 49152 / 2);
}
