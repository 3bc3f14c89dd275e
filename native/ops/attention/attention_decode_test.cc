// One decoded row against the last row of the definition in float64, and against the engine's own forward. Bounds as derived in attention_test.cc.
#include "ops/attention/attention.h"

#include "ops/attention/attention_decode_ref.h"
#include "runtime/threads.h"

namespace {

using namespace ls;
using testing::AttentionCase;
using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;

// Every document of the case as a sequence of its own: its last row is the new one. Caches have room to spare, filled with NaN.
struct Decode {
  int64_t capacity = 0;
  std::vector<Floats> k, v;
  std::vector<const float*> k_at, v_at;
  std::vector<int64_t> length;
  Floats q, o, lse, max_prob, second_prob, span_mass;
  Ints argmax, second;
  std::vector<int64_t> span_begin, span_end;  // relative to each sequence
  std::vector<AttentionDecode<float>::Statistics> statistics;

  explicit Decode(const AttentionCase& c, bool with_statistics = true) {
    const int64_t sequences = static_cast<int64_t>(c.documents.size()), dim = c.head_dim;
    for (int64_t n : c.documents) capacity = std::max(capacity, n + 3);
    span_begin = {0, 2, 40, 100, 5000}, span_end = {1, 60, 41, 150, 5001};  // the fourth ends where a window of 150 begins
    const int64_t spans = static_cast<int64_t>(span_begin.size()), each = sequences * c.heads;
    o.assign(each * dim, NAN), lse.assign(each, NAN), max_prob.assign(each, NAN), second_prob.assign(each, NAN), span_mass.assign(each * spans, 7);
    argmax.assign(each, -7), second.assign(each, -7);
    for (int64_t i = 0; i < sequences; i++) {
      length.push_back(c.documents[i]);
      k.emplace_back(c.kv_heads * capacity * dim, NAN), v.emplace_back(c.kv_heads * capacity * dim, NAN);
      for (int64_t t = 0; t < length[i]; t++)
        for (int64_t g = 0; g < c.kv_heads; g++)
          for (int64_t d = 0; d < dim; d++) {
            const int64_t from = (c.starts[i] + t) * c.stride() + g * dim + d, to = (g * capacity + t) * dim + d;
            k[i][to] = c.k()[from], v[i][to] = c.v()[from];
          }
      const float* row = c.q() + (c.starts[i + 1] - 1) * c.stride();
      q.insert(q.end(), row, row + c.heads * dim);
      const int64_t at = i * c.heads;
      if (with_statistics)
        statistics.push_back({spans, span_begin.data(), span_end.data(), &lse[at], &argmax[at], &max_prob[at], &second[at], &second_prob[at],
                              &span_mass[at * spans]});
    }
    for (int64_t i = 0; i < sequences; i++) k_at.push_back(k[i].data()), v_at.push_back(v[i].data());
    cpu::attention_decode({sequences, c.heads, c.kv_heads, dim, c.window, c.shape().scale, q.data(), c.heads * dim, k_at.data(), v_at.data(),
                           capacity, length.data(), o.data(), with_statistics ? statistics.data() : nullptr});
  }
};

std::vector<AttentionCase> decode_cases() {
  auto cases = testing::attention_cases();
  cases.push_back(testing::prepared({3, 1, 16, {2500, 1024, 1025}}, 21));  // several runs of keys
  cases.push_back(testing::prepared({2, 1, 8, {2500}, 1500}, 22));
  cases.push_back(testing::prepared({14, 2, 16, {100, 33}}, 23));  // a group larger than the register block
  return cases;
}

template <class Body>
void for_each_case(const Body& body) {
  const auto cases = decode_cases();
  testing::for_each_isa([&] {
    for (const auto& c : cases) {
      const int before = testing::failures();
      body(c);
      if (testing::failures() != before) std::printf("  in %s\n", testing::describe(c).c_str());
    }
  });
}

bool same(const Floats& a, const Floats& b) { return a.size() == b.size() && !std::memcmp(a.data(), b.data(), a.size() * sizeof(float)); }

}  // namespace

// The last row alone in float64, sequence by sequence.
TEST(decode_is_the_last_row_of_the_definition) {
  for_each_case([](const AttentionCase& c) {
    const Decode got(c);
    const double bound = 1e-5 * std::max(1.0f, c.deviation * c.deviation);
    const int64_t dim = c.head_dim, spans = static_cast<int64_t>(got.span_begin.size());
    for (size_t i = 0; i < c.documents.size(); i++)
      for (int64_t h = 0; h < c.heads; h++) {
        const int64_t at = static_cast<int64_t>(i) * c.heads + h;
        const testing::DecodedRow want(c, static_cast<int64_t>(i), h);
        CHECK_CLOSE(&got.o[at * dim], want.o.data(), dim, bound, 0);
        CHECK_CLOSE(&got.lse[at], &want.lse, 1, bound, 1e-6);
        CHECK_CLOSE(&got.max_prob[at], &want.max_prob, 1, bound, 0);
        CHECK_CLOSE(&got.second_prob[at], &want.second_prob, 1, bound, 0);
        if (want.second < 0 || want.s[want.argmax] - want.s[want.second] > bound) CHECK(got.argmax[at] == want.argmax);
        if (want.second < 0) CHECK(got.second[at] == -1);
        for (int64_t m = 0; m < spans; m++) {
          const double mass = want.mass(got.span_begin[m], got.span_end[m]);
          CHECK_CLOSE(&got.span_mass[at * spans + m], &mass, 1, bound, 0);
        }
      }
  });
}

// Two fp32 ways to the same row, each within its bound of the truth.
TEST(decode_is_the_last_row_of_forward) {
  for_each_case([](const AttentionCase& c) {
    const Decode got(c);
    const AttentionShape s = c.shape();
    Floats o(s.tokens * s.heads * s.head_dim), lse(s.heads * s.tokens);
    cpu::attention_forward({s, c.q(), c.k(), c.v(), c.stride(), c.stride(), o.data(), lse.data()});
    for (size_t i = 0; i < c.documents.size(); i++) {
      const int64_t row = s.heads * s.head_dim;
      const float* from = &o[(c.starts[i + 1] - 1) * row];
      const std::vector<double> want(from, from + row);
      CHECK_CLOSE(&got.o[i * row], want.data(), row, 2e-5 * std::max(1.0f, c.deviation * c.deviation), 0);
    }
  });
}

TEST(statistics_do_not_change_the_output) {
  for_each_case([](const AttentionCase& c) { CHECK(same(Decode(c, true).o, Decode(c, false).o)); });
}

TEST(threads_do_not_change_a_bit) {
  for_each_case([](const AttentionCase& c) {
    use_threads(1);
    const Decode first(c);
    for (int threads : {2, 3}) {
      use_threads(threads);
      const Decode got(c);
      CHECK(same(got.o, first.o) && same(got.lse, first.lse) && same(got.span_mass, first.span_mass));
      CHECK(got.argmax == first.argmax && got.second == first.second);
    }
    use_threads(usable_threads());
  });
}

// Equal keys in different runs: the lowest wins.
TEST(ties_go_to_the_lowest_key) {
  testing::for_each_isa([] {
    AttentionCase c = testing::prepared({2, 1, 8, {2200}}, 3);
    for (int64_t t = 0; t < 2200; t++)
      for (int64_t d = 0; d < 8; d++) c.qkv[t * c.stride() + 16 + d] = c.qkv[(t % 100) * c.stride() + 16 + d];
    const Decode got(c);
    for (int64_t h = 0; h < 2; h++) {
      CHECK(got.argmax[h] < 100);
      CHECK(got.second[h] == got.argmax[h] + 100);
    }
  });
}
