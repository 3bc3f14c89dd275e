// Forward and backward against the definition in float64 (attention_ref.h), gradients also against finite differences; the same bits whatever the
// number of threads.
//
// Bounds, with u = 2^-24 and q, k, v of deviation 1. The partial sums of a score stay around 1 (scale = 1/√head_dim), so each of its head_dim
// additions errs by about u, together by √head_dim·u = 1e-6 at head_dim 256, taking errors as random: their worst case is √head_dim times that and
// would hide defects. That is the relative error of p too (exp adds 3e-7), and o = Σ p·v with |v| <= 4.5 errs by 4.5 times it if all of p errs one
// way: 5e-6, twice which is the bound. With q and k of deviation 4 scores and their errors are 16 times larger.
#include "ops/attention/attention.h"

#include "ops/attention/attention_cases.h"
#include "ops/attention/attention_ref.h"
#include "runtime/threads.h"

namespace {

using namespace ls;
using ls::testing::AttentionCase;
using Floats = std::vector<float>;

struct Output { Floats o, lse; };

AttentionForward<float> arguments(const AttentionCase& c, Output& out) {
  const AttentionShape s = c.shape();
  out.o.assign(s.tokens * s.heads * s.head_dim, NAN);
  out.lse.assign(s.heads * s.tokens, NAN);
  return {s, c.q(), c.k(), c.v(), c.stride(), c.stride(), out.o.data(), out.lse.data()};
}

Output forward(const AttentionCase& c) {
  Output out;
  cpu::attention_forward(arguments(c, out));
  return out;
}

// Gradients in the layout of qkv. Guard values behind the workspace must survive.
Floats backward(const AttentionCase& c, Output& out, const Floats& d_o) {
  Floats kept = out.o, lse = out.lse, d_qkv(c.qkv.size(), NAN);
  AttentionBackward<float> b{arguments(c, out), d_o.data(), d_qkv.data(), nullptr, nullptr, nullptr};
  out.o = kept;
  out.lse = lse;
  b.forward.o = out.o.data();
  b.forward.lse = out.lse.data();
  b.d_k = b.d_q + c.heads * c.head_dim;
  b.d_v = b.d_k + c.kv_heads * c.head_dim;
  const int64_t size = cpu::attention_backward_workspace(c.shape());
  Floats workspace(size + 16, 12345.0f);
  b.workspace = workspace.data();
  cpu::attention_backward(b);
  for (int64_t i = size; i < size + 16; i++) CHECK(workspace[i] == 12345.0f);
  return d_qkv;
}

// The reference's dense gradients in the layout of qkv.
reference::Doubles fused(const AttentionCase& c, const reference::Backward& b) {
  reference::Doubles all;
  const int64_t q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
  for (int64_t t = 0; t < c.starts.back(); t++) {
    all.insert(all.end(), &b.d_q[t * q], &b.d_q[t * q] + q);
    all.insert(all.end(), &b.d_k[t * kv], &b.d_k[t * kv] + kv);
    all.insert(all.end(), &b.d_v[t * kv], &b.d_v[t * kv] + kv);
  }
  return all;
}

double bound(const AttentionCase& c) { return 1e-5 * std::max(1.0f, c.deviation * c.deviation); }

bool same_bits(const Floats& a, const Floats& b) { return a.size() == b.size() && !std::memcmp(a.data(), b.data(), a.size() * sizeof(float)); }

}  // namespace

TEST(forward_is_the_definition) {
  testing::for_each_attention_case([](const AttentionCase& c) {
    const Output out = forward(c);
    const auto want = reference::forward(c.shape(), c.q(), c.stride(), c.k(), c.v(), c.stride());
    CHECK_CLOSE(out.o.data(), want.o.data(), static_cast<int64_t>(out.o.size()), bound(c), 0);
    CHECK_CLOSE(out.lse.data(), want.lse.data(), static_cast<int64_t>(out.lse.size()), bound(c), 1e-6);
  });
}

// dP and Δ are dot products of head_dim unit normals, √head_dim in size, so d_s = p·(dP − Δ)·scale is p in size and errs by p·(e_s + √head_dim·u),
// twice what p does; d_q and d_k sum it with weights k and q over keys or rows, whose errors add at random. So three times the bound of the forward
// pass, and 1e-5 of the value where a key that all rows look at collects a large sum.
TEST(backward_is_the_definition) {
  testing::for_each_attention_case([](const AttentionCase& c) {
    Output out = forward(c);
    const AttentionShape s = c.shape();
    const Floats d_o = testing::normal(static_cast<int64_t>(out.o.size()), 99);
    const Floats got = backward(c, out, d_o);
    const auto f = reference::forward(s, c.q(), c.stride(), c.k(), c.v(), c.stride());
    const auto want = fused(c, reference::backward(s, f, c.q(), c.stride(), c.k(), c.v(), c.stride(), d_o.data()));
    CHECK_CLOSE(got.data(), want.data(), static_cast<int64_t>(got.size()), 3 * bound(c), 1e-5);
  });
}

// Central differences of L = Σ d_o·o in float64 with step 1e-5: truncation ~1e-10, rounding ~1e-11; what is left is the engine's own fp32 error.
TEST(backward_is_the_slope) {
  AttentionCase c = testing::prepared({2, 1, 8, {3, 6}, 4}, 5);
  const AttentionShape s = c.shape();
  Output out = forward(c);
  const Floats d_o = testing::normal(static_cast<int64_t>(out.o.size()), 7);
  const Floats got = backward(c, out, d_o);
  reference::Doubles x(c.qkv.begin(), c.qkv.end()), slope(x.size());
  auto loss = [&] {
    const double *q = x.data(), *k = q + c.heads * c.head_dim, *v = k + c.kv_heads * c.head_dim;
    const auto f = reference::forward(s, q, c.stride(), k, v, c.stride());
    double sum = 0;
    for (size_t i = 0; i < d_o.size(); i++) sum += f.o[i] * d_o[i];
    return sum;
  };
  for (size_t i = 0; i < x.size(); i++) {
    const double kept = x[i], step = 1e-5;
    x[i] = kept + step;
    const double up = loss();
    x[i] = kept - step;
    slope[i] = (up - loss()) / (2 * step);
    x[i] = kept;
  }
  CHECK_CLOSE(got.data(), slope.data(), static_cast<int64_t>(got.size()), 1e-5, 1e-5);
}

TEST(threads_do_not_change_a_bit) {
  testing::for_each_attention_case([](const AttentionCase& c) {
    const Floats d_o = testing::normal(c.starts.back() * c.heads * c.head_dim, 3);
    Output first;
    Floats gradient;
    for (int threads : {1, 2, 3}) {
      use_threads(threads);
      Output out = forward(c);
      const Floats d = backward(c, out, d_o);
      if (threads == 1) first = out, gradient = d;
      CHECK(same_bits(out.o, first.o));
      CHECK(same_bits(out.lse, first.lse));
      CHECK(same_bits(d, gradient));
    }
    use_threads(usable_threads());
  });
}

// A document must not feel its neighbours: alone or packed, the same bits (cuts depend on the document alone).
TEST(packing_does_not_change_a_bit) {
  testing::for_each_isa([] {
    const AttentionCase packed = testing::prepared({3, 1, 32, {70, 1, 150}}, 11);
    const Output all = forward(packed);
    for (size_t d = 0; d < packed.documents.size(); d++) {
      AttentionCase alone = packed;
      alone.documents = {packed.documents[d]};
      alone.starts = {0, packed.documents[d]};
      alone.qkv.assign(packed.qkv.begin() + packed.starts[d] * packed.stride(), packed.qkv.begin() + packed.starts[d + 1] * packed.stride());
      const Output one = forward(alone);
      const int64_t row = packed.heads * packed.head_dim;
      CHECK(!std::memcmp(one.o.data(), all.o.data() + packed.starts[d] * row, one.o.size() * sizeof(float)));
    }
  });
}

// Scores of ±1e4 must neither overflow nor lose the row's own key; NaN must come out, not be swallowed, and only where it is seen.
TEST(extremes) {
  testing::for_each_isa([] {
    AttentionCase c = testing::prepared({1, 1, 8, {40}, 0, 150.0f}, 13);
    const Output out = forward(c);
    for (float x : out.o) CHECK(std::isfinite(x));
    for (float x : out.lse) CHECK(std::isfinite(x));
    c.qkv[20 * c.stride() + 8] = NAN;  // a number of the 20th key
    const Output bad = forward(c);
    for (int64_t t = 0; t < 40; t++) CHECK(std::isnan(bad.o[t * 8]) == (t >= 20));
  });
}
