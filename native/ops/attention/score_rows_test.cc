// Statistics of chosen rows against the matrix of probabilities in float64. Bounds as derived in attention_test.cc: probabilities err by at most the
// relative error of exp(score), 2e-6 there; masses are sums of probabilities to at most 1, outputs of spans means of values, which are below 5,
// weighted by them, column sums at most the number of rows (hence the relative part). Two best scores closer than the bound may be ordered otherwise.
#include "ops/attention/attention.h"

#include "ops/attention/score_rows_ref.h"
#include "runtime/threads.h"

namespace {

using namespace ls;
using testing::AttentionCase;
using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;

struct Result {
  Floats lse, max_prob, second_prob, span_mass, column_sum, pattern, span_output;
  Ints argmax, second;
};

using Question = testing::ScoreQuestion;
Question question(const AttentionCase& c, bool all_rows) { return testing::score_question(c, all_rows ? 1 : 7); }

Result score(const AttentionCase& c, const Question& q, bool columns = true) {
  const int64_t n = c.starts.back(), rows = static_cast<int64_t>(q.rows.size()), spans = static_cast<int64_t>(q.span_begin.size());
  const size_t each = c.heads * rows;
  Result r{Floats(each, NAN),        Floats(each, NAN),     Floats(each, NAN),                   Floats(each * spans, 7),
           Floats(c.heads * n, NAN), Floats(each * 3, NAN), Floats(each * spans * c.head_dim, 7), Ints(each, -7), Ints(each, -7)};
  cpu::score_rows({c.shape(), c.q(), c.k(), c.stride(), c.stride(), q.ids.data(), rows, q.rows.data(), spans, q.span_begin.data(), q.span_end.data(),
                   r.lse.data(), r.argmax.data(), r.max_prob.data(), r.second.data(), r.second_prob.data(), r.span_mass.data(),
                   columns ? r.column_sum.data() : nullptr, r.pattern.data(), c.v(), r.span_output.data()});
  return r;
}

bool same(const Floats& a, const Floats& b) { return a.size() == b.size() && !std::memcmp(a.data(), b.data(), a.size() * sizeof(float)); }

}  // namespace

TEST(statistics_are_the_definition) {
  testing::for_each_attention_case([](const AttentionCase& c) {
    const double bound = 1e-5 * std::max(1.0f, c.deviation * c.deviation);
    for (bool all_rows : {false, true}) {
      const Question q = question(c, all_rows);
      const Result r = score(c, q);
      const testing::ScoreDefinition w = testing::score_definition(c, q);
      const auto each = static_cast<int64_t>(w.lse.size());
      CHECK_CLOSE(r.lse.data(), w.lse.data(), each, bound, 1e-6);
      CHECK_CLOSE(r.max_prob.data(), w.max_prob.data(), each, bound, 0);
      CHECK_CLOSE(r.second_prob.data(), w.second_prob.data(), each, bound, 0);
      CHECK_CLOSE(r.span_mass.data(), w.span_mass.data(), static_cast<int64_t>(w.span_mass.size()), bound, 0);
      CHECK_CLOSE(r.pattern.data(), w.pattern.data(), static_cast<int64_t>(w.pattern.size()), bound, 0);
      CHECK_CLOSE(r.span_output.data(), w.span_output.data(), static_cast<int64_t>(w.span_output.size()), 5 * bound, 0);
      CHECK_CLOSE(r.column_sum.data(), w.column_sum.data(), static_cast<int64_t>(w.column_sum.size()), bound, bound);
      for (int64_t i = 0; i < each; i++) {
        if (w.gap[i] < bound) continue;  // fp32 may order them otherwise
        CHECK(r.argmax[i] == w.argmax[i]);
        if (w.second[i] < 0) CHECK(r.second[i] == -1);
      }
    }
  });
}

// Keys repeat with period 5, exactly: every key has equals, and the lowest that the row sees must win; the second is the next of them.
TEST(ties_go_to_the_lowest_key) {
  testing::for_each_isa([] {
    for (int64_t window : {0, 20}) {
      AttentionCase c = testing::prepared({2, 1, 16, {130}, window}, 3);
      for (int64_t t = 5; t < 130; t++)
        for (int64_t d = 0; d < 16; d++) c.qkv[t * c.stride() + 32 + d] = c.qkv[t % 5 * c.stride() + 32 + d];
      Question q = question(c, true);
      const Result r = score(c, q);
      for (int64_t h = 0; h < 2; h++)
        for (int64_t row = 9; row < 130; row++) {
          const int64_t first = window ? std::max<int64_t>(0, row - window + 1) : 0, best = r.argmax[h * 130 + row];
          CHECK(best >= first && best < first + 5);
          CHECK(r.second[h * 130 + row] == best + 5);
        }
    }
  });
}

TEST(null_means_not_computed) {
  const AttentionCase c = testing::prepared({3, 1, 16, {100}}, 3);
  const Question q = question(c, true);
  const Result all = score(c, q);
  Floats lse(all.lse.size());
  ScoreRows<float> a{};
  a.shape = c.shape(), a.q = c.q(), a.k = c.k(), a.q_stride = a.kv_stride = c.stride();
  a.rows = 100, a.row = q.rows.data(), a.lse = lse.data();
  cpu::score_rows(a);
  CHECK(same(lse, all.lse));
  Floats columns(300, NAN);  // no rows: still written
  a.rows = 0, a.row = nullptr, a.lse = nullptr, a.column_sum = columns.data();
  cpu::score_rows(a);
  for (float x : columns) CHECK(x == 0);
}

TEST(threads_do_not_change_a_bit) {
  testing::for_each_attention_case([](const AttentionCase& c) {
    const Question q = question(c, true);
    Result first;
    for (int threads : {1, 2, 3}) {
      use_threads(threads);
      const Result r = score(c, q), without_columns = score(c, q, false);
      if (threads == 1) first = r;
      CHECK(same(r.lse, first.lse) && same(r.max_prob, first.max_prob) && same(r.span_mass, first.span_mass));
      CHECK(same(r.column_sum, first.column_sum) && same(r.pattern, first.pattern) && r.second == first.second);
      CHECK(same(r.span_output, first.span_output));
      CHECK(same(without_columns.lse, first.lse) && same(without_columns.span_mass, first.span_mass));
    }
    use_threads(usable_threads());
  });
}
