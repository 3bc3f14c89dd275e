// Statistics of chosen rows on a GPU against their definition in float64, from the same bf16 inputs.
//
// Bound. q·k is summed in fp32: at most 128 products, each sum off by 2^-24 of what it is (a tensor core cuts where others round: 2^-23), about 1e-6 of scores
// around 1 and their square for sharper ones; exponent and logarithm add as much, and so does lse, which is up to 8 here. That makes 1e-5 in a probability or
// lse; 3e-5 leaves room. Column sums add up to all rows, hence the relative part. Outputs of spans are means of values, which are below 5, weighted by p,
// whose two bf16 terms are off by 2^-17 of it.
#include "ops/attention/score_rows_ref.h"
#include "testing/gpu_check.h"

namespace {

using namespace ls;
using testing::AttentionCase;
using testing::OnDevice;
using testing::rounded;
using testing::ScoreQuestion;
using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;

struct Result {
  Floats lse, max_prob, second_prob, span_mass, column_sum, pattern, span_output;
  Ints argmax, second;

  Floats all() const {  // as bits, for comparisons
    Floats values;
    for (const Floats* part : {&lse, &max_prob, &second_prob, &span_mass, &column_sum, &pattern, &span_output})
      values.insert(values.end(), part->begin(), part->end());
    for (const Ints* part : {&argmax, &second}) values.insert(values.end(), part->begin(), part->end());
    return values;
  }
};

Result score(const AttentionCase& c, const ScoreQuestion& q) {
  AttentionShape shape = c.shape();
  const int64_t n = shape.tokens, rows = static_cast<int64_t>(q.rows.size()), spans = static_cast<int64_t>(q.span_begin.size()), each = c.heads * rows;
  Ints begin(n), end(n);
  for (int64_t d = 0; d < shape.documents; d++)
    for (int64_t t = c.starts[d]; t < c.starts[d + 1]; t++) begin[t] = static_cast<int32_t>(c.starts[d]), end[t] = static_cast<int32_t>(c.starts[d + 1]);
  const OnDevice<int32_t> row_begin(begin), row_end(end), ids(q.ids);
  const OnDevice<int64_t> row(q.rows), span_begin(q.span_begin), span_end(q.span_end);
  const OnDevice<bf16> qkv(testing::in_bf16(c.qkv));
  const OnDevice<float> lse(each, NAN), max_prob(each, NAN), second_prob(each, NAN), span_mass(each * spans, 7), column_sum(c.heads * n, NAN),
      pattern(each * 3, NAN), span_output(each * spans * c.head_dim, 7), workspace(gpu::score_rows_workspace(shape, rows, spans), NAN);
  const OnDevice<int32_t> argmax(each, -7), second(each, -7);
  shape.row_begin = row_begin, shape.row_end = row_end;
  const bf16 *k = qkv + c.heads * c.head_dim, *v = k + c.kv_heads * c.head_dim;
  gpu::score_rows({shape, qkv, k, c.stride(), c.stride(), ids, rows, row, spans, span_begin, span_end, lse, argmax, max_prob, second, second_prob, span_mass,
                   column_sum, pattern, v, span_output, workspace});
  gpu::synchronize("score_rows");
  return {lse.read(), max_prob.read(), second_prob.read(), span_mass.read(), column_sum.read(), pattern.read(), span_output.read(), argmax.read(),
          second.read()};
}

void check(const AttentionCase& c, const ScoreQuestion& q) {
  const int before = testing::failures();
  const double bound = 3e-5 * std::max(1.0f, c.deviation * c.deviation);
  const Result r = score(c, q);
  const testing::ScoreDefinition w = testing::score_definition(c, q);
  const auto size = [](const auto& values) { return static_cast<int64_t>(values.size()); };
  CHECK_CLOSE(r.lse.data(), w.lse.data(), size(w.lse), bound, 0);
  CHECK_CLOSE(r.max_prob.data(), w.max_prob.data(), size(w.lse), bound, 0);
  CHECK_CLOSE(r.second_prob.data(), w.second_prob.data(), size(w.lse), bound, 0);
  CHECK_CLOSE(r.span_mass.data(), w.span_mass.data(), size(w.span_mass), bound, 0);
  CHECK_CLOSE(r.span_output.data(), w.span_output.data(), size(w.span_output), 5 * bound, 0);
  CHECK_CLOSE(r.column_sum.data(), w.column_sum.data(), size(w.column_sum), bound, bound);
  CHECK_CLOSE(r.pattern.data(), w.pattern.data(), size(w.pattern), bound, 0);
  for (size_t i = 0; i < w.lse.size(); i++) {
    if (w.gap[i] < bound) continue;  // fp32 may order them otherwise
    CHECK(r.argmax[i] == w.argmax[i]);
    CHECK((r.second[i] < 0) == (w.second[i] < 0));
  }
  if (testing::failures() != before) std::printf("  in %s rows=%zu\n", testing::describe(c).c_str(), q.rows.size());
}

// Few rows share a tile between warps, many have a warp each 32 of rows and heads; one key, a tile and one, several runs of keys.
std::vector<AttentionCase> cases() {
  std::vector<AttentionCase> all;
  for (int64_t head_dim : {16, 32, 64, 128}) all.push_back({3, 1, head_dim, {65}});
  for (int64_t length : {1, 7, 300}) all.push_back({4, 4, 16, {length}});
  all.push_back({4, 1, 128, {140}});
  all.push_back({9, 3, 64, {130}});
  all.push_back({3, 1, 16, {7, 1, 65, 130, 1, 48, 100}});
  for (int64_t window : {1, 5, 64, 150, 1000}) all.push_back({3, 1, 16, {170, 7, 129}, window});
  all.push_back({2, 1, 64, {100}, 0, 4.0f});  // sharp: one key often has nearly all
  for (auto& c : all) c = rounded(c, static_cast<uint32_t>(&c - all.data() + 1));
  return all;
}

}  // namespace

TEST(statistics_are_the_definition) {
  for (const AttentionCase& c : cases())
    for (int64_t step : {1000, 40, 3}) check(c, testing::score_question(c, step));
}

TEST(schedules_do_not_change_a_bit) {
  const AttentionCase c = rounded({4, 2, 32, {70, 61}, 50}, 7);
  for (int64_t step : {40, 2}) {
    const ScoreQuestion q = testing::score_question(c, step);
    CHECK_SAME_IN_EVERY_SCHEDULE([&] { return score(c, q).all(); });
    testing::for_each_schedule([&] { check(c, q); });
  }
}

// Keys repeat with period 5, exactly: every key has equals, and the lowest that the row sees must win; the second is the next of them.
TEST(ties_go_to_the_lowest_key) {
  for (int64_t window : {0, 20})
    for (int64_t step : {1, 60}) {
      AttentionCase c = rounded({2, 1, 16, {290}, window}, 3);
      for (int64_t t = 5; t < 290; t++)
        for (int64_t d = 0; d < 16; d++) c.qkv[t * c.stride() + 32 + d] = c.qkv[t % 5 * c.stride() + 32 + d];
      const ScoreQuestion q = testing::score_question(c, step);
      const Result r = score(c, q);
      const auto rows = static_cast<int64_t>(q.rows.size());
      for (int64_t i = 0; i < 2 * rows; i++) {
        const int64_t row = q.rows[i % rows], first = window ? std::max<int64_t>(0, row - window + 1) : 0, best = r.argmax[i];
        if (row < 9) continue;
        CHECK(best >= first && best < first + 5);
        CHECK(r.second[i] == best + 5);
      }
    }
}

TEST(null_means_not_computed) {
  const AttentionCase c = rounded({3, 1, 16, {100}}, 3);
  const ScoreQuestion q = testing::score_question(c, 1);
  AttentionShape shape = c.shape();
  const OnDevice<int32_t> row_begin(100, 0), row_end(100, 100);
  shape.row_begin = row_begin, shape.row_end = row_end;
  const OnDevice<bf16> qkv(testing::in_bf16(c.qkv));
  const OnDevice<int64_t> row(q.rows);
  const OnDevice<float> lse(300, NAN), columns(300, NAN), workspace(gpu::score_rows_workspace(shape, 100, 0), NAN);
  ScoreRows<bf16> a{};
  a.shape = shape, a.q = qkv, a.k = qkv + 48, a.q_stride = a.kv_stride = c.stride();
  a.rows = 100, a.row = row, a.lse = lse, a.workspace = workspace;
  gpu::score_rows(a);
  CHECK(lse.read() == score(c, q).lse);
  a.rows = 0, a.row = nullptr, a.lse = nullptr, a.column_sum = columns;  // no rows: still written
  gpu::score_rows(a);
  for (float x : columns.read()) CHECK(x == 0);
}

// A row of NaN has no best key: the first it sees stands in, and no other row notices.
TEST(nan_stays_in_its_row) {
  AttentionCase c = rounded({1, 1, 16, {100}, 30}, 3);
  const ScoreQuestion q = testing::score_question(c, 1);
  const Result clean = score(c, q);
  for (int64_t d = 0; d < 16; d++) c.qkv[50 * c.stride() + d] = NAN;
  const Result r = score(c, q);
  CHECK(std::isnan(r.lse[50]) && std::isnan(r.max_prob[50]) && r.argmax[50] == 21 && r.second[50] == -1);
  for (int64_t i = 0; i < 100; i++)
    if (i != 50) CHECK(r.lse[i] == clean.lse[i] && r.argmax[i] == clean.argmax[i]);
}
