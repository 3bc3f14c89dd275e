// The GPU's backward pass against the definition in float64 (attention_ref.h), computed from the same bf16 inputs; o and lse are the reference's,
// rounded as the forward pass stores them, so that this test stands alone.
//
// Bound of each element, with u = 2^-8 (half a unit in the last place of bf16, which has 8 bits, relative) and τ = 4e-5 for all that is done in fp32
// (the exponent of p is a number up to 100 with a relative error of 2^-23, sums have relative errors of √n·2^-24):
//   p is rounded once:        |δp| <= (u + τ)·p                     o was rounded:  |δΔ_i| <= u·Σ_d |dO·o| + 1e-6·Σ_d |dO·o|
//   dV = Σ p·dO, rounded:     Σ_i (u + τ)·p·|dO| + u·|dV|
//   dS = p·(dP − Δ), rounded: |δdS| <= (2u + τ)·|dS| + p·(|δΔ| + 1e-6·Σ_d |dO·v|)
//   dQ = scale·Σ dS·k:        scale·Σ_j |δdS|·|k| + u·|dQ|          dK likewise
// and 1 % for products of errors. It takes the worst for every rounding, hence the second criterion: over a tensor, the root of the mean squared
// error is at most twice that of the same formulas evaluated plainly with every intermediate matrix stored in bf16.
#include "ops/attention/attention_cases.h"
#include "ops/attention/attention_ref.h"
#include "testing/gpu_check.h"

namespace {

using namespace ls;
using testing::AttentionCase;
using testing::OnDevice;
using reference::Doubles;
using Floats = std::vector<float>;

const bf16 kPoison{0x7fab};  // a NaN that no kernel makes

double rounded(double x) { return to_float(to_bf16(static_cast<float>(x))); }

// q in one buffer, k and v in another, both with gaps between the rows.
struct Problem {
  AttentionCase c;
  AttentionShape shape;
  int64_t q_width, kv_width, q_stride, kv_stride;
  Floats q, kv, d_o;  // bf16 values
  reference::Forward forward;
  reference::Backward want;

  explicit Problem(const AttentionCase& from) : c(from), shape(c.shape()) {
    const int64_t n = shape.tokens, in = c.stride();
    q_width = c.heads * c.head_dim, kv_width = c.kv_heads * c.head_dim;
    q_stride = q_width + 8, kv_stride = 2 * kv_width + 24;
    q.assign(n * q_stride, 0), kv.assign(n * kv_stride, 0);
    for (int64_t t = 0; t < n; t++) {
      for (int64_t i = 0; i < q_width; i++) q[t * q_stride + i] = rounded(c.qkv[t * in + i]);
      for (int64_t i = 0; i < 2 * kv_width; i++) kv[t * kv_stride + i] = rounded(c.qkv[t * in + q_width + i]);
    }
    d_o = testing::in_float(testing::normal_bf16(n * q_width, 99));
    forward = reference::forward(shape, q.data(), q_stride, k(), v(), kv_stride);
    want = reference::backward(shape, forward, q.data(), q_stride, k(), v(), kv_stride, d_o.data());
  }
  const float* k() const { return kv.data(); }
  const float* v() const { return kv.data() + kv_width; }
};

// Gradients without gaps, as the reference has them.
struct Gradients {
  Floats d_q, d_k, d_v;
  Floats all() const {
    Floats together = d_q;
    together.insert(together.end(), d_k.begin(), d_k.end());
    together.insert(together.end(), d_v.begin(), d_v.end());
    return together;
  }
};

// Runs the kernels. Gaps between rows and what lies behind the workspace must survive.
Gradients run(const Problem& p, bool deterministic) {
  const int64_t n = p.shape.tokens;
  std::vector<int32_t> begin, end;
  for (size_t d = 0; d + 1 < p.c.starts.size(); d++)
    for (int64_t t = p.c.starts[d]; t < p.c.starts[d + 1]; t++) begin.push_back(p.c.starts[d]), end.push_back(p.c.starts[d + 1]);
  std::vector<bf16> o(p.forward.o.size());
  for (size_t i = 0; i < o.size(); i++) o[i] = to_bf16(static_cast<float>(p.forward.o[i]));
  const OnDevice<int32_t> row_begin(begin), row_end(end);
  const OnDevice<bf16> q(testing::in_bf16(p.q)), kv(testing::in_bf16(p.kv)), d_o(testing::in_bf16(p.d_o)), out(o);
  const OnDevice<float> lse(Floats(p.forward.lse.begin(), p.forward.lse.end()));
  const OnDevice<bf16> d_q(p.q.size(), kPoison), d_kv(p.kv.size(), kPoison);

  AttentionShape shape = p.shape;
  shape.row_begin = row_begin, shape.row_end = row_end;
  const int64_t size = gpu::attention_backward_workspace(shape, deterministic);
  const OnDevice<float> workspace(size + 16, NAN);
  gpu::attention_backward({{shape, q, kv, kv.get() + p.kv_width, p.q_stride, p.kv_stride, out, lse},
                           d_o, d_q, d_kv, d_kv.get() + p.kv_width, workspace, deterministic});
  gpu::synchronize("attention backward");
#ifdef LS_SIMT
  CHECK(::simt::counters().matrix_bank_conflicts == 0);  // of the last launch
#endif

  const Floats after = workspace.read();
  for (int64_t i = size; i < size + 16; i++) CHECK(std::isnan(after[i]));
  const std::vector<bf16> got_q = d_q.read(), got_kv = d_kv.read();
  Gradients g;
  for (int64_t t = 0; t < n; t++) {
    for (int64_t i = 0; i < p.q_stride; i++)
      if (i < p.q_width) g.d_q.push_back(to_float(got_q[t * p.q_stride + i]));
      else CHECK(got_q[t * p.q_stride + i].bits == kPoison.bits);
    for (int64_t i = 0; i < p.kv_stride; i++)
      if (i < p.kv_width) g.d_k.push_back(to_float(got_kv[t * p.kv_stride + i]));
      else if (i < 2 * p.kv_width) g.d_v.push_back(to_float(got_kv[t * p.kv_stride + i]));
      else CHECK(got_kv[t * p.kv_stride + i].bits == kPoison.bits);
  }
  return g;
}

// The bounds at the top of this file.
reference::Backward bounds(const Problem& p) {
  const AttentionShape& s = p.shape;
  const int64_t n = s.tokens, dim = s.head_dim;
  const double u = std::ldexp(1.0, -8), fp32 = 4e-5;
  reference::Backward b{Doubles(p.want.d_q.size(), 0.0), Doubles(p.want.d_k.size(), 0.0), Doubles(p.want.d_v.size(), 0.0)};
  for (int64_t h = 0; h < s.heads; h++) {
    const int64_t kv = h / (s.heads / s.kv_heads);
    for (int64_t i = 0; i < n; i++) {
      const double* prob = &p.forward.p[(h * n + i) * n];
      const float *d_o = &p.d_o[(i * s.heads + h) * dim], *q = &p.q[i * p.q_stride + h * dim];
      double delta = 0, delta_error = 0;
      for (int64_t d = 0; d < dim; d++) {
        const double product = d_o[d] * p.forward.o[(i * s.heads + h) * dim + d];
        delta += product, delta_error += (u + 1e-6) * std::abs(product);
      }
      for (int64_t j = s.starts[reference::document_of(s, i)]; j <= i; j++) {
        const float *k = p.k() + j * p.kv_stride + kv * dim, *v = p.v() + j * p.kv_stride + kv * dim;
        double d_p = 0, size = 0;
        for (int64_t d = 0; d < dim; d++) d_p += double{d_o[d]} * v[d], size += std::abs(double{d_o[d]} * v[d]);
        const double d_s_error = (2 * u + fp32) * std::abs(prob[j] * (d_p - delta)) + prob[j] * (delta_error + 1e-6 * size);
        for (int64_t d = 0; d < dim; d++) {
          b.d_q[(i * s.heads + h) * dim + d] += s.scale * d_s_error * std::abs(k[d]);
          b.d_k[(j * s.kv_heads + kv) * dim + d] += s.scale * d_s_error * std::abs(q[d]);
          b.d_v[(j * s.kv_heads + kv) * dim + d] += (u + fp32) * prob[j] * std::abs(d_o[d]);
        }
      }
    }
  }
  const auto finish = [&](Doubles& bound, const Doubles& want) {
    for (size_t i = 0; i < bound.size(); i++) bound[i] = 1.01 * (bound[i] + u * std::abs(want[i])) + 1e-30;
  };
  finish(b.d_q, p.want.d_q), finish(b.d_k, p.want.d_k), finish(b.d_v, p.want.d_v);
  return b;
}

void check_within(const char* name, const Floats& got, const Doubles& want, const Doubles& bound) {
  int64_t apart = 0;
  double worst = 0;
  for (size_t i = 0; i < want.size(); i++) {
    const double ratio = std::abs(got[i] - want[i]) / bound[i];
    if (!(ratio <= 1)) apart++;
    if (!(ratio <= worst)) worst = ratio;
  }
  if (got.size() != want.size() || apart)
    testing::report(__FILE__, __LINE__, std::string(name) + ": " + std::to_string(apart) + " of " + std::to_string(want.size()) +
                                            " beyond their bound, worst " + std::to_string(worst) + " times it");
}

// The same formulas with every matrix stored in bf16.
Gradients in_plain_bf16(const Problem& p) {
  const AttentionShape& s = p.shape;
  const int64_t n = s.tokens, dim = s.head_dim;
  Doubles d_q(p.want.d_q.size(), 0.0), d_k(p.want.d_k.size(), 0.0), d_v(p.want.d_v.size(), 0.0);
  for (int64_t h = 0; h < s.heads; h++) {
    const int64_t kv = h / (s.heads / s.kv_heads);
    for (int64_t i = 0; i < n; i++) {
      const float *d_o = &p.d_o[(i * s.heads + h) * dim], *q = &p.q[i * p.q_stride + h * dim];
      Doubles prob(i + 1, 0.0), d_p(i + 1, 0.0);
      double top = -INFINITY, sum = 0, delta = 0;
      const auto seen = [&](int64_t j) { return p.forward.s[(h * n + i) * n + j] != -INFINITY; };
      for (int64_t j = 0; j <= i; j++)
        if (seen(j)) prob[j] = rounded(p.forward.s[(h * n + i) * n + j]), top = std::max(top, prob[j]);
      for (int64_t j = 0; j <= i; j++)
        if (seen(j)) sum += prob[j] = std::exp(prob[j] - top);
      for (int64_t j = 0; j <= i; j++) {
        if (!seen(j)) continue;
        prob[j] = rounded(prob[j] / sum);
        for (int64_t d = 0; d < dim; d++) d_p[j] += double{d_o[d]} * p.v()[j * p.kv_stride + kv * dim + d];
        d_p[j] = rounded(d_p[j]);
        delta += prob[j] * d_p[j];
      }
      for (int64_t j = 0; j <= i; j++) {
        if (!seen(j)) continue;
        const double d_s = s.scale * rounded(prob[j] * (d_p[j] - delta));
        for (int64_t d = 0; d < dim; d++) {
          d_q[(i * s.heads + h) * dim + d] += d_s * p.k()[j * p.kv_stride + kv * dim + d];
          d_k[(j * s.kv_heads + kv) * dim + d] += d_s * q[d];
          d_v[(j * s.kv_heads + kv) * dim + d] += prob[j] * d_o[d];
        }
      }
    }
  }
  const auto stored = [](const Doubles& x) { return testing::in_float(testing::in_bf16(Floats(x.begin(), x.end()))); };
  return {stored(d_q), stored(d_k), stored(d_v)};
}

double error(const Floats& got, const Doubles& want) {
  double sum = 0;
  for (size_t i = 0; i < want.size(); i++) sum += (got[i] - want[i]) * (got[i] - want[i]);
  return std::sqrt(sum / static_cast<double>(want.size()));
}

void check(const Problem& p, const Gradients& g) {
  const int before = testing::failures();
  const auto bound = bounds(p);
  check_within("d_q", g.d_q, p.want.d_q, bound.d_q);
  check_within("d_k", g.d_k, p.want.d_k, bound.d_k);
  check_within("d_v", g.d_v, p.want.d_v, bound.d_v);
  const Gradients plain = in_plain_bf16(p);
  // 1e-6: rows that see one key have no gradient of scores, which plain arithmetic gets exactly and dP − Δ up to its fp32 sums.
  CHECK(error(g.d_q, p.want.d_q) <= 2 * error(plain.d_q, p.want.d_q) + 1e-6);
  CHECK(error(g.d_k, p.want.d_k) <= 2 * error(plain.d_k, p.want.d_k) + 1e-6);
  CHECK(error(g.d_v, p.want.d_v) <= 2 * error(plain.d_v, p.want.d_v) + 1e-6);
  if (testing::failures() != before) std::printf("  in %s\n", testing::describe(p.c).c_str());
}

std::vector<AttentionCase> cases() {
  std::vector<AttentionCase> chosen;
  for (const AttentionCase& c : testing::attention_cases())
    if (c.head_dim == 16 || c.head_dim == 32 || c.head_dim == 64 || c.head_dim == 128) chosen.push_back(c);
  chosen.push_back(testing::prepared({4, 2, 128, {70, 130}}, 50));
  chosen.push_back(testing::prepared({2, 2, 64, {190}, 70}, 51));
  return chosen;
}

}  // namespace

TEST(backward_is_the_definition) {
  int number = 0;
  for (const AttentionCase& c : cases()) {
    const Problem p(c);
    check(p, run(p, true));
    if (number++ % 2) check(p, run(p, false));  // dK and dV come from the same code
  }
}

// One case for each head_dim; sums in another order stay within the bounds.
TEST(schedules_change_nothing_but_the_order_of_reductions) {
  for (int64_t dim : {16, 32, 64, 128}) {
    const Problem p(testing::prepared({2, 1, dim, {90, 41}, 60}, 60));
    CHECK_SAME_IN_EVERY_SCHEDULE([&] { return run(p, true).all(); });
    testing::for_each_schedule([&] { check(p, run(p, false)); });
  }
}

// The reference's own slopes: central differences in float64 of L = Σ d_o·o, truncation and rounding below 1e-9.
TEST(backward_is_the_slope) {
  const Problem p(testing::prepared({2, 1, 16, {5, 43}, 20}, 70));
  const Gradients g = run(p, true);
  const auto bound = bounds(p);
  Doubles q(p.q.begin(), p.q.end()), kv(p.kv.begin(), p.kv.end());
  const auto loss = [&] {
    const auto f = reference::forward(p.shape, q.data(), p.q_stride, kv.data(), kv.data() + p.kv_width, p.kv_stride);
    double sum = 0;
    for (size_t i = 0; i < f.o.size(); i++) sum += f.o[i] * p.d_o[i];
    return sum;
  };
  const auto check_one = [&](double& x, float got, double want, double bound) {
    const double slope = testing::slope(x, loss);
    CHECK(std::abs(slope - want) <= 1e-8 * (1 + std::abs(want)));
    CHECK(std::abs(got - slope) <= bound + 1e-8);
  };
  for (int64_t i = 0; i < static_cast<int64_t>(p.want.d_q.size()); i += 13) {
    const int64_t t = i / p.q_width, column = i % p.q_width;
    check_one(q[t * p.q_stride + column], g.d_q[i], p.want.d_q[i], bound.d_q[i]);
  }
  for (int64_t i = 0; i < static_cast<int64_t>(p.want.d_k.size()); i += 7) {
    const int64_t t = i / p.kv_width, column = i % p.kv_width;
    check_one(kv[t * p.kv_stride + column], g.d_k[i], p.want.d_k[i], bound.d_k[i]);
    check_one(kv[t * p.kv_stride + p.kv_width + column], g.d_v[i], p.want.d_v[i], bound.d_v[i]);
  }
}
