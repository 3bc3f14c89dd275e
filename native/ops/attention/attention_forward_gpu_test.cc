// The GPU's forward pass against the definition in float64 (attention_ref.h), both from the same bf16 numbers.
//
// Bounds, with u = 2^-24. A score is a sum of head_dim products that are exact in fp32; as in attention_test.cc it errs by about √head_dim·u times
// its size, and 1e-5 times the variance of the scores bounds that and the rounding of the exponent, about u·|score|; call it e. It is the absolute
// error of a score and of lse, the relative one of p. P is rounded to bf16 before it meets V, and o in the end, each by a relative 2^-8 at most (8
// significant bits). So o errs by no more than 2^-8·(Σ_j p_j|v_j| + |o|) + 2e·Σ_j p_j|v_j|, and statistics, which see no bf16, by e.
#include "ops/attention/attention.h"

#include "ops/attention/attention_cases.h"
#include "ops/attention/attention_ref.h"
#include "runtime/error.h"
#include "testing/gpu_check.h"

namespace {

using namespace ls;
using testing::AttentionCase;
using testing::in_float;
using testing::OnDevice;
using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;

struct Spans { Ints begin, end; };

// One key, a few keys across tiles and documents, the end, nothing.
Spans spans(const AttentionCase& c) {
  const int32_t n = static_cast<int32_t>(c.starts.back());
  return {{0, n / 3, n / 2, n - 1, n / 4}, {std::min(n, 1), n / 3 + (n > 3), n, n, n / 4}};
}

struct Output {
  Floats o, lse, max_prob, span_mass;
  Ints argmax;
  Floats all() const {
    Floats x = o;
    for (const Floats* part : {&lse, &max_prob, &span_mass}) x.insert(x.end(), part->begin(), part->end());
    x.insert(x.end(), argmax.begin(), argmax.end());
    return x;
  }
};

enum class Collect { nothing, best, spans };

Output forward(const AttentionCase& c, Collect collect = Collect::spans) {
  AttentionShape s = c.shape();
  Ints begin, end;
  for (int64_t d = 0; d < s.documents; d++) {
    begin.insert(begin.end(), c.documents[d], static_cast<int32_t>(s.starts[d]));
    end.insert(end.end(), c.documents[d], static_cast<int32_t>(s.starts[d + 1]));
  }
  const Spans asked = spans(c);
  const int64_t rows = s.heads * s.tokens, n = static_cast<int64_t>(asked.begin.size());
  OnDevice<bf16> qkv(testing::in_bf16(c.qkv)), o(rows * s.head_dim, to_bf16(NAN));
  OnDevice<int32_t> row_begin(begin), row_end(end), argmax(rows, -7);
  OnDevice<float> lse(rows, NAN), max_prob(rows, NAN), span_mass(rows * n, 7);
  s.row_begin = row_begin;
  s.row_end = row_end;
  AttentionForward<bf16> a{s, qkv, qkv + s.heads * s.head_dim, qkv + (s.heads + s.kv_heads) * s.head_dim, c.stride(), c.stride(), o, lse};
  if (collect != Collect::nothing) a.statistics.argmax = argmax, a.statistics.max_prob = max_prob;
  if (collect == Collect::spans) {
    a.statistics.spans = static_cast<int32_t>(n);
    std::copy(asked.begin.begin(), asked.begin.end(), a.statistics.span_begin);
    std::copy(asked.end.begin(), asked.end.end(), a.statistics.span_end);
    a.statistics.span_mass = span_mass;
  }
  gpu::attention_forward(a);
  gpu::synchronize("attention forward");
  return {in_float(o.read()), lse.read(), max_prob.read(), span_mass.read(), argmax.read()};
}

// Those of attention_cases.h that a GPU can do, and some more of head_dim 128.
std::vector<AttentionCase> cases() {
  std::vector<AttentionCase> some;
  for (const AttentionCase& c : testing::attention_cases())
    if (c.head_dim == 16 || c.head_dim == 32 || c.head_dim == 64 || c.head_dim == 128) some.push_back(testing::rounded(c));
  for (AttentionCase c : {AttentionCase{4, 2, 128, {129}, 0, 4.0f}, AttentionCase{2, 1, 128, {90, 1, 70}, 40}, AttentionCase{2, 2, 32, {256}, 64}})
    some.push_back(rounded(testing::prepared(c, 31)));
  return some;
}

template <class Body>
void for_each_case(const Body& body) {
  for (const AttentionCase& c : cases()) {
    const int before = testing::failures();
    body(c);
    if (testing::failures() != before) std::printf("  in %s\n", describe(c).c_str());
  }
}

double error_of_scores(const AttentionCase& c) { return 1e-5 * std::max(1.0f, c.deviation * c.deviation); }

reference::Forward definition(const AttentionCase& c, const float* v) {
  return reference::forward(c.shape(), c.q(), c.stride(), c.k(), v, c.stride());
}

// o in bf16 without any cleverness: all scores of a row, their maximum, P rounded to bf16, P·V in fp32, o rounded to bf16.
Floats plain_bf16(const AttentionCase& c) {
  const AttentionShape s = c.shape();
  Floats o(s.tokens * s.heads * s.head_dim);
  for (int64_t h = 0; h < s.heads; h++)
    for (int64_t i = 0; i < s.tokens; i++) {
      const int64_t g = h / (s.heads / s.kv_heads);
      Floats score(i + 1, -INFINITY), sum(s.head_dim, 0.0f);
      float top = -INFINITY, total = 0;
      for (int64_t j = 0; j <= i; j++) {
        if (!reference::sees(s, i, j)) continue;
        float dot = 0;
        for (int64_t d = 0; d < s.head_dim; d++) dot += c.q()[i * c.stride() + h * s.head_dim + d] * c.k()[j * c.stride() + g * s.head_dim + d];
        top = std::max(top, score[j] = s.scale * dot);
      }
      for (int64_t j = 0; j <= i; j++) {
        const float p = std::exp(score[j] - top);
        total += p;
        if (p > 0)
          for (int64_t d = 0; d < s.head_dim; d++) sum[d] += to_float(to_bf16(p)) * c.v()[j * c.stride() + g * s.head_dim + d];
      }
      for (int64_t d = 0; d < s.head_dim; d++) o[(i * s.heads + h) * s.head_dim + d] = to_float(to_bf16(sum[d] / total));
    }
  return o;
}

double distance(const Floats& got, const reference::Doubles& want) {
  double sum = 0;
  for (size_t i = 0; i < got.size(); i++) sum += (got[i] - want[i]) * (got[i] - want[i]);
  return std::sqrt(sum);
}

}  // namespace

TEST(output_is_the_definition) {
  for_each_case([](const AttentionCase& c) {
    const Output out = forward(c, Collect::nothing);
    const auto want = definition(c, c.v());
    const double e = error_of_scores(c);
    reference::Doubles weight(want.o.size(), 0.0);  // Σ_j p_j|v_j|
    const AttentionShape s = c.shape();
    for (int64_t h = 0; h < s.heads; h++)
      for (int64_t i = 0; i < s.tokens; i++)
        for (int64_t j = 0; j <= i; j++)
          if (const double p = want.p[(h * s.tokens + i) * s.tokens + j]; p > 0)
            for (int64_t d = 0; d < s.head_dim; d++)
              weight[(i * s.heads + h) * s.head_dim + d] += p * std::abs(c.v()[j * c.stride() + h / (s.heads / s.kv_heads) * s.head_dim + d]);
    int64_t apart = 0;
    for (size_t i = 0; i < want.o.size(); i++)
      apart += !(std::abs(out.o[i] - want.o[i]) <= (weight[i] + std::abs(want.o[i])) / 256 + 2 * e * weight[i]);
    CHECK(apart == 0);
    CHECK_CLOSE(out.lse.data(), want.lse.data(), static_cast<int64_t>(out.lse.size()), e, 1e-6);
    const double ours = distance(out.o, want.o), plain = distance(plain_bf16(c), want.o);
    CHECK(ours <= 2 * plain);
  });
}

TEST(statistics_are_the_definition) {
  for_each_case([](const AttentionCase& c) {
    const Output out = forward(c);
    const auto want = definition(c, nullptr);
    const AttentionShape s = c.shape();
    const Spans asked = spans(c);
    const int64_t n = static_cast<int64_t>(asked.begin.size());
    const double e = error_of_scores(c);
    reference::Doubles max_prob, span_mass;
    int64_t elsewhere = 0;
    for (int64_t h = 0; h < s.heads; h++)
      for (int64_t i = 0; i < s.tokens; i++) {
        const double *p = &want.p[(h * s.tokens + i) * s.tokens], *score = &want.s[(h * s.tokens + i) * s.tokens];
        const int64_t best = std::max_element(score, score + i + 1) - score, got = out.argmax[h * s.tokens + i];
        elsewhere += got < 0 || got > i || !(score[got] >= score[best] - 2 * e) || (score[got] == score[best] && got != best);
        max_prob.push_back(p[best]);
        for (int64_t k = 0; k < n; k++) {
          const int64_t begin = std::max<int64_t>(asked.begin[k], s.starts[reference::document_of(s, i)]);
          const int64_t end = std::min<int64_t>(asked.end[k], i + 1);
          double mass = 0;
          for (int64_t j = begin; j < end; j++) mass += p[j];
          span_mass.push_back(begin < end && !reference::sees(s, i, end - 1) ? NAN : mass);
        }
      }
    CHECK(elsewhere == 0);
    CHECK_CLOSE(out.max_prob.data(), max_prob.data(), static_cast<int64_t>(max_prob.size()), std::min(e, 1e-4), 0);
    CHECK_CLOSE(out.span_mass.data(), span_mass.data(), static_cast<int64_t>(span_mass.size()), std::min(e, 1e-4), 0);
    if (s.head_dim == 16 && c.window != 32) return;  // enough is compared without
    const Output best = forward(c, Collect::best), nothing = forward(c, Collect::nothing);
    CHECK(best.o == out.o && best.lse == out.lse && best.argmax == out.argmax && best.max_prob == out.max_prob);
    CHECK(nothing.o == out.o && nothing.lse == out.lse);
    for (int32_t key : nothing.argmax) CHECK(key == -7);
  });
}

// Five different keys repeat, so that scores tie across columns, tiles and documents: the first key that the row sees wins.
TEST(ties_go_to_the_lowest_key) {
  for (int64_t head_dim : {16, 128})
    for (int64_t window : {0, 70}) {
      AttentionCase c = rounded(testing::prepared({2, 1, head_dim, {200, 90}, window}, 17));
      const AttentionShape s = c.shape();
      for (int64_t t = 5; t < s.tokens; t++)
        std::copy_n(c.k() + t % 5 * c.stride(), head_dim, const_cast<float*>(c.k()) + t * c.stride());
      const Output out = forward(c, Collect::best);
      const auto want = definition(c, nullptr);
      int64_t wrong = 0;
      for (int64_t h = 0; h < s.heads; h++)
        for (int64_t i = 0; i < s.tokens; i++) {
          const double* score = &want.s[(h * s.tokens + i) * s.tokens];
          wrong += out.argmax[h * s.tokens + i] != std::max_element(score, score + i + 1) - score;
        }
      CHECK(wrong == 0);
    }
}

TEST(schedules_do_not_change_a_bit) {
  for (const AttentionCase& c : {AttentionCase{2, 1, 64, {130, 70}, 100}, AttentionCase{2, 2, 128, {140}}})
    CHECK_SAME_IN_EVERY_SCHEDULE([&] { return forward(rounded(testing::prepared(c, 5))).all(); });
}

// Tiles of keys begin at multiples of 64, so a document that does too has the same bits alone or packed.
TEST(packing_does_not_change_a_bit) {
  for (int64_t head_dim : {16, 32, 64, 128}) {
    const AttentionCase packed = rounded(testing::prepared({2, 1, head_dim, {64, 128, 75}, 90}, 11));
    const Output all = forward(packed, Collect::nothing);
    for (size_t d = 0; d < packed.documents.size(); d++) {
      AttentionCase alone = packed;
      alone.documents = {packed.documents[d]};
      alone.starts = {0, packed.documents[d]};
      alone.qkv.assign(packed.qkv.begin() + packed.starts[d] * packed.stride(), packed.qkv.begin() + packed.starts[d + 1] * packed.stride());
      const Output one = forward(alone, Collect::nothing);
      CHECK(std::equal(one.o.begin(), one.o.end(), all.o.begin() + packed.starts[d] * packed.heads * packed.head_dim));
      for (int64_t h = 0; h < packed.heads; h++)
        CHECK(std::equal(one.lse.begin() + h * alone.starts[1], one.lse.begin() + (h + 1) * alone.starts[1],
                         all.lse.begin() + h * packed.starts.back() + packed.starts[d]));
    }
  }
}

TEST(other_head_dims_are_refused) {
  try {
    forward(testing::prepared({1, 1, 24, {3}}));
    CHECK(!"thrown");
  } catch (const Error& error) {
    CHECK(error.status == LS_UNSUPPORTED && std::strstr(error.what(), "not 24"));
  }
}

#ifdef LS_SIMT
TEST(banks_do_not_conflict) {
  for (int64_t head_dim : {16, 32, 64, 128}) {
    forward(rounded(testing::prepared({1, 1, head_dim, {150}}, 3)), Collect::best);
    CHECK(::simt::counters().matrix_bank_conflicts == 0);
  }
}
#endif
