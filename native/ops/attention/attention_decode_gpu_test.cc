// One decoded row on a GPU against the last row of the definition in float64, from the same bf16 inputs.
//
// Bounds. Statistics as in score_rows_gpu_test.cc. The output is a mean of values weighted by probabilities that were rounded to bf16, each off by 2^-9 of
// itself at most, and then rounded to bf16 itself: 2^-9·Σ p·|v| + 2^-9·|o|, and the error of p besides.
#include "ops/attention/attention_decode_ref.h"
#include "testing/gpu_check.h"

namespace {

using namespace ls;
using testing::AttentionCase;
using testing::OnDevice;
using testing::rounded;
using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;

// The fourth ends where a window of 150 begins in a sequence of 300; the fifth is never seen.
const std::vector<int64_t> kSpanBegin = {0, 2, 40, 100, 5000}, kSpanEnd = {1, 60, 41, 150, 5001};
const int64_t kSpans = static_cast<int64_t>(kSpanBegin.size());

struct Result {
  Floats o, lse, max_prob, second_prob, span_mass;
  Ints argmax, second;

  Floats all() const {
    Floats values;
    for (const Floats* part : {&o, &lse, &max_prob, &second_prob, &span_mass}) values.insert(values.end(), part->begin(), part->end());
    for (const Ints* part : {&argmax, &second}) values.insert(values.end(), part->begin(), part->end());
    return values;
  }
};

// Every document of the case as a sequence of its own: its last row is the new one. Caches have room to spare, filled with NaN.
enum class Ask { nothing, best, spans };
Result decode(const AttentionCase& c, Ask ask = Ask::spans) {
  const int64_t sequences = static_cast<int64_t>(c.documents.size()), dim = c.head_dim, longest = *std::max_element(c.documents.begin(), c.documents.end());
  const int64_t capacity = longest + 3, cache = c.kv_heads * capacity * dim, each = sequences * c.heads, q_stride = c.heads * dim + 8;
  Floats k(sequences * cache, NAN), v(sequences * cache, NAN), q(sequences * q_stride, NAN);
  for (int64_t i = 0; i < sequences; i++) {
    for (int64_t t = 0; t < c.documents[i]; t++)
      for (int64_t g = 0; g < c.kv_heads; g++)
        for (int64_t d = 0; d < dim; d++) {
          const int64_t from = (c.starts[i] + t) * c.stride() + g * dim + d, to = i * cache + (g * capacity + t) * dim + d;
          k[to] = c.k()[from], v[to] = c.v()[from];
        }
    std::copy_n(c.q() + (c.starts[i + 1] - 1) * c.stride(), c.heads * dim, q.begin() + i * q_stride);
  }
  const OnDevice<bf16> k_all(testing::in_bf16(k)), v_all(testing::in_bf16(v)), q_all(testing::in_bf16(q)), o(each * dim, bf16{0x7fc0});
  const OnDevice<float> lse(each, NAN), max_prob(each, NAN), second_prob(each, NAN), span_mass(each * kSpans, 7);
  const OnDevice<int32_t> argmax(each, -7), second(each, -7);
  const OnDevice<int64_t> length(c.documents), span_begin(kSpanBegin), span_end(kSpanEnd);
  std::vector<const bf16*> k_at, v_at;
  std::vector<AttentionDecode<bf16>::Statistics> statistics;
  for (int64_t i = 0; i < sequences; i++) {
    const int64_t at = i * c.heads;
    k_at.push_back(k_all + i * cache), v_at.push_back(v_all + i * cache);
    statistics.push_back({kSpans, span_begin, span_end, lse + at, argmax + at, max_prob + at, second + at, second_prob + at,
                          ask == Ask::spans ? span_mass + at * kSpans : nullptr});
  }
  const OnDevice<const bf16*> k_table(k_at), v_table(v_at);
  const OnDevice<AttentionDecode<bf16>::Statistics> wanted(statistics);
  const OnDevice<float> workspace(gpu::attention_decode_workspace(sequences, c.heads, dim, longest), NAN);
  gpu::attention_decode({sequences, c.heads, c.kv_heads, dim, c.window, c.shape().scale, q_all, q_stride, k_table, v_table, capacity, length, o,
                         ask == Ask::nothing ? nullptr : wanted.get(), longest, workspace});
  gpu::synchronize("attention_decode");
  return {testing::in_float(o.read()), lse.read(), max_prob.read(), second_prob.read(), span_mass.read(), argmax.read(), second.read()};
}

void check(const AttentionCase& c) {
  const int before = testing::failures();
  const Result got = decode(c);
  const double bound = 3e-5 * std::max(1.0f, c.deviation * c.deviation);
  const int64_t dim = c.head_dim;
  for (size_t i = 0; i < c.documents.size(); i++)
    for (int64_t h = 0; h < c.heads; h++) {
      const int64_t at = static_cast<int64_t>(i) * c.heads + h;
      const testing::DecodedRow want(c, static_cast<int64_t>(i), h);
      for (int64_t d = 0; d < dim; d++) CHECK_CLOSE(&got.o[at * dim + d], &want.o[d], 1, (1.0 / 512 + 2 * bound) * want.size[d], 1.0 / 512);
      CHECK_CLOSE(&got.lse[at], &want.lse, 1, bound, 0);
      CHECK_CLOSE(&got.max_prob[at], &want.max_prob, 1, bound, 0);
      CHECK_CLOSE(&got.second_prob[at], &want.second_prob, 1, bound, 0);
      if (want.second < 0 || want.s[want.argmax] - want.s[want.second] > bound) CHECK(got.argmax[at] == want.argmax);
      CHECK((got.second[at] < 0) == (want.second < 0));
      for (int64_t m = 0; m < kSpans; m++) {
        const double mass = want.mass(kSpanBegin[m], kSpanEnd[m]);
        CHECK_CLOSE(&got.span_mass[at * kSpans + m], &mass, 1, bound, 0);
      }
    }
  if (testing::failures() != before) std::printf("  in %s\n", testing::describe(c).c_str());
}

}  // namespace

TEST(decode_is_the_last_row_of_the_definition) {
  uint32_t seed = 1;
  for (int64_t head_dim : {16, 32, 64, 128}) check(rounded({3, 1, head_dim, {65, 1, 300}}, seed++));
  check(rounded({4, 4, 16, {7, 700, 64}}, seed++));
  check(rounded({8, 2, 128, {130, 129}}, seed++));
  check(rounded({9, 3, 64, {140}}, seed++));
  check(rounded({14, 1, 16, {100, 33}}, seed++));
  check(rounded({20, 1, 32, {150}}, seed++));  // more heads of a group than a block takes
  for (int64_t window : {1, 5, 64, 150, 1000}) check(rounded({3, 1, 16, {300, 7, 129}, window}, seed++));
  check(rounded({2, 1, 64, {200}, 0, 4.0f}, seed++));  // sharp: one key often has nearly all
}

TEST(schedules_do_not_change_a_bit) {
  const AttentionCase c = rounded({6, 2, 32, {270, 61}, 200}, 7);
  CHECK_SAME_IN_EVERY_SCHEDULE([&] { return decode(c).all(); });
  testing::for_each_schedule([&] { check(c); });
}

TEST(statistics_do_not_change_the_output) {
  const AttentionCase c = rounded({3, 1, 64, {270, 61}}, 8);
  const Result all = decode(c), best = decode(c, Ask::best), nothing = decode(c, Ask::nothing);
  CHECK(best.o == all.o && nothing.o == all.o);
  CHECK(best.lse == all.lse && best.argmax == all.argmax);
  for (float x : best.span_mass) CHECK(x == 7);
  for (float x : nothing.lse) CHECK(std::isnan(x));
}

// Equal keys in different warps, tiles and runs: the lowest wins.
TEST(ties_go_to_the_lowest_key) {
  for (int64_t period : {10, 100}) {
    AttentionCase c = rounded({2, 1, 16, {600}}, 3);
    for (int64_t t = 0; t < 600; t++)
      for (int64_t d = 0; d < 16; d++) c.qkv[t * c.stride() + 32 + d] = c.qkv[t % period * c.stride() + 32 + d];
    const Result got = decode(c);
    for (int64_t h = 0; h < 2; h++) {
      CHECK(got.argmax[h] < period);
      CHECK(got.second[h] == got.argmax[h] + period);
    }
  }
}
