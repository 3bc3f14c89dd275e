// Attention from outside, on every backend of this build, against its definition in float64; then its misuse.
#include <numeric>

#include "api/ops_cases.h"
#include "ops/attention/score_rows_ref.h"

using namespace ls;
using namespace ls::testing;

namespace {

// An attention problem of two documents, grouped heads and a window, in one fused projection.
struct Attention {
  explicit Attention(const Engine& engine) : c(prepared({4, 2, 16, {37, 60}, 40})), qkv(engine, c.qkv = exact(c.qkv)) {}
  ls_attention inputs() const {
    const int64_t q_width = c.heads * c.head_dim, kv_width = c.kv_heads * c.head_dim;
    return {{c.starts.back(), c.heads, c.kv_heads, c.head_dim, 2, c.starts.data(), c.window, 0}, qkv, qkv.at(q_width), qkv.at(q_width + kv_width),
            c.stride(), c.stride()};
  }
  AttentionCase c;
  Buffer qkv;
};

}  // namespace

// The bound of o: P is rounded to bf16 before the product, and o is: 2·2^-8 of values of size 1. Statistics are fp32; the emulator's and the GPU's
// exponential is good to 2^-20, scores are of size 10.
TEST(attention_forward_with_statistics) {
  on_every_engine([](const Engine& engine) {
    const Attention problem(engine);
    const AttentionCase& c = problem.c;
    const int64_t n = c.starts.back(), cells = c.heads * n, begin[] = {0, 30, 90}, end[] = {5, 45, 97};
    ScoreQuestion question{std::vector<int64_t>(n), {0, 30, 90}, {5, 45, 97}, Ints(n)};
    std::iota(question.rows.begin(), question.rows.end(), 0);
    const ScoreDefinition want = score_definition(c, question);
    const auto full = reference::forward<float>(c.shape(), c.q(), c.stride(), c.k(), c.v(), c.stride());
    const Buffer o(engine, LS_REAL, n * c.heads * c.head_dim), lse(engine, LS_FLOAT, cells), argmax(engine, LS_INT, cells);
    const Buffer max_prob(engine, LS_FLOAT, cells), mass(engine, LS_FLOAT, cells * 3);
    ls_attention_forward a{problem.inputs(), o, lse, 3, begin, end, argmax, max_prob, mass};
    MUST(ls_op_attention_forward(engine, &a));
    const Floats first = o.read();
    CHECK_CLOSE(first.data(), full.o.data(), n * c.heads * c.head_dim, engine.gpu() ? 2.0 / 256 : 1e-5, engine.bound());
    CHECK_CLOSE(lse.read().data(), want.lse.data(), cells, 1e-5, 1e-5);
    CHECK_CLOSE(max_prob.read().data(), want.max_prob.data(), cells, 1e-5, 1e-5);
    CHECK_CLOSE(mass.read().data(), want.span_mass.data(), cells * 3, 1e-5, 1e-5);
    const Ints best = argmax.ints();
    for (int64_t i = 0; i < cells; i++) CHECK(best[i] == want.argmax[i] || want.gap[i] < 1e-4);
    // Without statistics, and with one of them, the rest stays the same.
    const Buffer again(engine, LS_REAL, n * c.heads * c.head_dim), alone(engine, LS_FLOAT, cells * 3);
    a = {problem.inputs(), again, {}, 0, nullptr, nullptr, {}, {}, {}};
    MUST(ls_op_attention_forward(engine, &a));
    CHECK(again.read() == first);
    a.spans = 3, a.span_begin = begin, a.span_end = end, a.span_mass = alone;
    MUST(ls_op_attention_forward(engine, &a));
    CHECK_CLOSE(alone.read().data(), want.span_mass.data(), cells * 3, 1e-5, 1e-5);
  });
}

// Gradients are sums over up to 40 keys of products of values of size 1, of which factors are rounded to bf16: 4·2^-8 of size 2 is ample.
TEST(attention_backward) {
  on_every_engine([](const Engine& engine) {
    const Attention problem(engine);
    const AttentionCase& c = problem.c;
    const int64_t n = c.starts.back(), q_width = c.heads * c.head_dim, kv_width = c.kv_heads * c.head_dim;
    const Floats gradient = random_reals(n * q_width, 9);
    const Buffer o(engine, LS_REAL, n * q_width), lse(engine, LS_FLOAT, c.heads * n), d_o(engine, gradient), d_qkv(engine, LS_REAL, n * c.stride());
    const ls_attention_forward f{problem.inputs(), o, lse, 0, nullptr, nullptr, {}, {}, {}};
    MUST(ls_op_attention_forward(engine, &f));
    const auto forward = reference::forward<float>(c.shape(), c.q(), c.stride(), c.k(), c.v(), c.stride());
    const auto want = reference::backward<float>(c.shape(), forward, c.q(), c.stride(), c.k(), c.v(), c.stride(), gradient.data());
    for (const int32_t atomics : {0, 1}) {
      const ls_attention_backward a{problem.inputs(), o, lse, d_o, d_qkv, d_qkv.at(q_width), d_qkv.at(q_width + kv_width), atomics};
      MUST(ls_op_attention_backward(engine, &a));
      const Floats got = d_qkv.read();
      for (int64_t t = 0; t < n; t++) {
        const float* row = &got[t * c.stride()];
        const double bound = engine.gpu() ? 8.0 / 256 : 1e-4, relative = engine.gpu() ? 4.0 / 256 : 1e-5;
        CHECK_CLOSE(row, &want.d_q[t * q_width], q_width, bound, relative);
        CHECK_CLOSE(row + q_width, &want.d_k[t * kv_width], kv_width, bound, relative);
        CHECK_CLOSE(row + q_width + kv_width, &want.d_v[t * kv_width], kv_width, bound, relative);
      }
    }
  });
}

// Everything is fp32 from exact products of bf16: 1e-5 beside the exponential's error, a span's output is of size 1.
TEST(score_rows_of_chosen_rows) {
  on_every_engine([](const Engine& engine) {
    const Attention problem(engine);
    const AttentionCase& c = problem.c;
    ScoreQuestion q{{3, 36, 37, 70, 96}, {0, 30, 90}, {5, 45, 97}, Ints(c.starts.back())};
    for (size_t t = 0; t < q.ids.size(); t++) q.ids[t] = static_cast<int32_t>(t * 7 % 5);
    const ScoreDefinition want = score_definition(c, q);
    const int64_t cells = c.heads * 5;
    const Buffer lse(engine, LS_FLOAT, cells), argmax(engine, LS_INT, cells), best(engine, LS_FLOAT, cells), second(engine, LS_INT, cells);
    const Buffer second_prob(engine, LS_FLOAT, cells), mass(engine, LS_FLOAT, cells * 3), output(engine, LS_FLOAT, cells * 3 * c.head_dim);
    const Buffer columns(engine, LS_FLOAT, c.heads * c.starts.back()), pattern(engine, LS_FLOAT, cells * 3);
    const ls_score_rows a{problem.inputs(), q.ids.data(), 5, q.rows.data(), 3, q.span_begin.data(), q.span_end.data(), lse, argmax, best, second,
                          second_prob, mass, output, columns, pattern};
    MUST(ls_op_score_rows(engine, &a));
    const auto check = [&](const Buffer& got, const reference::Doubles& expected, double bound) {
      const Floats values = got.read();
      CHECK(values.size() == expected.size());
      CHECK_CLOSE(values.data(), expected.data(), static_cast<int64_t>(values.size()), bound, bound);
    };
    check(lse, want.lse, 1e-5);
    check(best, want.max_prob, 1e-5);
    check(second_prob, want.second_prob, 1e-5);
    check(mass, want.span_mass, 1e-5);
    check(columns, want.column_sum, 2e-5);
    check(pattern, want.pattern, 1e-5);
    check(output, want.span_output, engine.gpu() ? 2.0 / 256 : 1e-5);  // P may be rounded to bf16
    const Ints first = argmax.ints(), next = second.ints();
    for (int64_t i = 0; i < cells; i++) CHECK(want.gap[i] < 1e-4 || (first[i] == want.argmax[i] && next[i] == want.second[i]));
  });
}

TEST(misuse_of_attention_is_answered) {
  on_every_engine([](const Engine& engine) {
    const Attention problem(engine);
    const Engine other(engine.device);
    const int64_t n = problem.c.starts.back(), cells = 4 * n, begin[9] = {0, 1}, end[9] = {1, 99};
    const int64_t wrong_starts[] = {0, 60, 60, 97}, short_starts[] = {0, 90};
    const Buffer o(engine, LS_REAL, n * 64), floats(engine, LS_FLOAT, cells), ints(engine, LS_INT, cells), foreign(other, LS_REAL, n * 64);
    const ls_attention_forward good{problem.inputs(), o, floats, 0, nullptr, nullptr, {}, {}, {}};
    SAYS(ls_op_attention_forward(nullptr, &good), "attention_forward: engine is NULL");
    SAYS(ls_op_attention_forward(engine, nullptr), "attention_forward: args is NULL");
    ls_attention_forward a;
    const auto with = [&](const auto& change) {
      a = good;
      change(a.inputs.shape, a.inputs);
      return ls_op_attention_forward(engine, &a);
    };
    using S = ls_attention_shape;
    using I = ls_attention;
    SAYS(with([](S& s, I&) { s.tokens = 0; }), "attention_forward: expected tokens from 1 to 4194304 but found 0");
    SAYS(with([](S& s, I&) { s.heads = 1 << 20; }), "expected heads");
    SAYS(with([](S& s, I&) { s.kv_heads = 3; }), "expected heads to be a multiple of kv_heads but found 4 and 3");
    SAYS(with([](S& s, I&) { s.head_dim = 12; }), "expected head_dim to be a multiple of 8 but found 12");
    SAYS(with([](S& s, I&) { s.head_dim = 264; }), "expected head_dim from 8 to 256");
    SAYS(with([](S& s, I&) { s.window = -1; }), "expected window");
    SAYS(with([](S& s, I&) { s.scale = NAN; }), "expected scale");
    SAYS(with([](S& s, I&) { s.starts = nullptr; }), "starts is NULL, so expected 1 document but found 2");
    SAYS(with([&](S& s, I&) { s.starts = wrong_starts, s.documents = 3; }), "document 1 has tokens 60 to 60");
    SAYS(with([&](S& s, I&) { s.starts = short_starts, s.documents = 1; }), "expected the documents to start at 0 and end at 97 but found 0 and 90");
    SAYS(with([](S&, I& i) { i.q = {}; }), "attention_forward: q is NULL");
    SAYS(with([](S&, I& i) { i.q_stride = 8; }), "expected q_stride from 64");
    SAYS(with([](S&, I& i) { i.q_stride = 132; }), "expected 12736 elements of q from 0 on but its buffer has 12416");
    SAYS(with([](S& s, I& i) { i.kv_stride = 129, s.tokens = 90, s.documents = 0, s.starts = nullptr; }),
         "expected offset and stride of k to be multiples of 8 but found 64 and 129");
    SAYS(with([](S&, I& i) { i.v.offset += 16 * 3; }), "elements of v from 144 on");
    SAYS(with([](S&, I& i) { i.v.offset = -8; }), "elements of v from -8 on");
    SAYS(with([&](S&, I& i) { i.q = foreign; i.q_stride = 0; }), "expected q to be a buffer of this engine but it is of another");
    SAYS(with([&](S&, I& i) { i.q = floats; i.q_stride = 0; }), "expected q to be a buffer of reals but found one of floats");
    a = good, a.o = {};
    SAYS(ls_op_attention_forward(engine, &a), "o is NULL");
    a = good, a.argmax = floats;
    SAYS(ls_op_attention_forward(engine, &a), "expected argmax to be a buffer of ints but found one of floats");
    a = good, a.spans = 9, a.span_begin = begin, a.span_end = end;
    SAYS(ls_op_attention_forward(engine, &a), "expected spans from 0 to 8 but found 9");
    a.spans = 2;
    SAYS(ls_op_attention_forward(engine, &a), "expected span 1 to be a token range inside 0 to 97 but found 1 to 99");
    a = good, a.span_mass = floats;
    SAYS(ls_op_attention_forward(engine, &a), "expected spans for span_mass but found none");

    const ls_attention_backward b{problem.inputs(), o, floats, o, foreign, o, o, 0};
    SAYS(ls_op_attention_backward(engine, &b), "attention_backward: expected");
    const int64_t rows[] = {3, 2}, outside[] = {97};
    ls_score_rows r{};
    r.inputs = problem.inputs();
    SAYS(ls_op_score_rows(engine, &r), "score_rows: expected rows from 1 to 97 but found 0");
    r.rows = 2;
    SAYS(ls_op_score_rows(engine, &r), "row is NULL");
    r.row = rows;
    SAYS(ls_op_score_rows(engine, &r), "expected ascending rows but found 2 after 3");
    r.rows = 1, r.row = outside;
    SAYS(ls_op_score_rows(engine, &r), "expected row 0 from 0 to 96 but found 97");
    r.row = rows, r.pattern = floats;
    SAYS(ls_op_score_rows(engine, &r), "ids is NULL");
    r.pattern = {}, r.spans = 1;
    SAYS(ls_op_score_rows(engine, &r), "span_begin is NULL");
    r.spans = 0, r.second = floats;
    SAYS(ls_op_score_rows(engine, &r), "expected second to be a buffer of ints");
    // The engine goes on.
    MUST(ls_op_attention_forward(engine, &good));
    if (!engine.gpu()) return;
    a = good, a.inputs.shape.head_dim = 24;
    says(ls_op_attention_forward(engine, &a), LS_UNSUPPORTED, "attention_forward: expected head_dim 16, 32, 64 or 128 on a GPU but found 24", __LINE__);
  });
}
