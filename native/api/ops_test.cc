// Ops from outside, on every backend of this build, against the ops of the CPU that their own tests have checked; then the misuse of each.
#include "api/ops_cases.h"
#include "ops/adamw/adamw.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/linear/linear.h"
#include "ops/rmsnorm/rmsnorm.h"
#include "ops/rope/rope.h"
#include "ops/swiglu/swiglu.h"

using namespace ls;
using namespace ls::testing;

TEST(buffers_hold_what_is_written) {
  on_every_engine([](const Engine& engine) {
    const Floats values = random_reals(1000, 1);
    const Buffer real(engine, values), floats(engine, normal(1000, 2), LS_FLOAT), ints(engine, LS_INT, 5);
    CHECK(real.read() == values && floats.read() == normal(1000, 2) && ints.ints() == Ints(5));
    CHECK(ls_buffer_bytes(real.buffer) == (engine.gpu() ? 2000 : 4000) && ls_buffer_bytes(floats.buffer) == 4000);
    const int32_t two[] = {7, -8};
    MUST(ls_buffer_write_ints(ints.buffer, 3, two, 2));
    CHECK((ints.ints() == Ints{0, 0, 0, 7, -8}));
    ls_buffer* wrapped = nullptr;
    MUST(ls_buffer_wrap(engine, LS_REAL, ls_buffer_address(real.buffer), 1000, &wrapped));
    float third = 3, back = 0;
    MUST(ls_buffer_write(wrapped, 2, &third, 1));
    MUST(ls_buffer_read(real.buffer, 2, &back, 1));
    CHECK(back == 3);
    ls_buffer_close(wrapped);
    MUST(ls_buffer_read(real.buffer, 2, &back, 1));  // closing a guest leaves the memory alone
    CHECK(back == 3);
    MUST(ls_engine_wait_stream(engine, nullptr));
    MUST(ls_engine_signal_stream(engine, nullptr));
    MUST(ls_engine_synchronize(engine));
    CHECK(engine.gpu() || !ls_engine_stream(engine));  // the emulator has none either
  });
}

TEST(buffers_outlive_their_engine) {
  on_every_engine([](const Engine& engine) {
    ls_engine* other = nullptr;
    ls_buffer* buffer = nullptr;
    float x = 2, back = 0;
    MUST(ls_engine_open(engine.device, 1, &other));
    MUST(ls_buffer_open(other, LS_REAL, 8, &buffer));
    ls_engine_close(other);
    MUST(ls_buffer_write(buffer, 7, &x, 1));
    MUST(ls_buffer_read(buffer, 7, &back, 1));
    CHECK(back == 2);
    ls_buffer_close(buffer);
    ls_buffer_close(nullptr);
  });
}

TEST(rmsnorm_both_ways) {
  on_every_engine([](const Engine& engine) {
    const int64_t rows = 5, width = 72;
    const Floats x = random_reals(rows * width, 1), weight = random_reals(width, 2);
    const Floats d_y = random_reals(rows * width, 3), before = random_reals(rows * width, 4);
    Floats y(rows * width), rstd(rows), d_x = before, d_weight(width, 1.0f), workspace(cpu::rmsnorm_backward_workspace(rows, width));
    cpu::rmsnorm_forward({rows, width, 1e-5f, x.data(), weight.data(), y.data(), rstd.data()});
    cpu::rmsnorm_backward({rows, width, x.data(), weight.data(), rstd.data(), d_y.data(), d_x.data(), d_weight.data(), workspace.data()});
    const Buffer bx(engine, x), bw(engine, weight), by(engine, LS_REAL, rows * width), br(engine, LS_FLOAT, rows), bdy(engine, d_y);
    const Buffer bdx(engine, before), bdw(engine, Floats(width, 1.0f), LS_FLOAT);
    const ls_rmsnorm_forward f{rows, width, 1e-5, bx, bw, by, br};
    MUST(ls_op_rmsnorm_forward(engine, &f));
    const ls_rmsnorm_backward b{rows, width, bx, bw, br, bdy, bdx, bdw};
    MUST(ls_op_rmsnorm_backward(engine, &b));
    CLOSE(by.read(), y, 0.01);
    CLOSE(br.read(), rstd, 0.0);
    CLOSE(bdx.read(), d_x, 1.0);
    CLOSE(bdw.read(), d_weight, 0.01);  // fp32 in and out: far closer
  });
}

TEST(rope_and_back) {
  on_every_engine([](const Engine& engine) {
    const int64_t tokens = 6, heads = 3, dim = 16, stride = 64;
    ls_rope rope{};
    rope.theta = 10000;
    const Floats x = random_reals(tokens * stride, 1);
    const Ints places{0, 5, 2, 700, 3, 1};
    Floats cos(701 * dim / 2), sin(cos.size()), want = x;
    rope_table(rope_frequencies(rope, dim, 1024, 701), 701, cos.data(), sin.data());
    cpu::rope({tokens, heads, dim, stride, want.data(), places.data(), cos.data(), sin.data(), false});
    const Buffer buffer(engine, x);
    ls_rotate a{tokens, heads, dim, buffer, stride, places.data(), rope, 1024, 0};
    MUST(ls_op_rope(engine, &a));
    CLOSE(buffer.read(), want, 1.0);
    a.inverse = 1;
    MUST(ls_op_rope(engine, &a));
    const Floats back = buffer.read();
    CHECK_CLOSE(back.data(), in_double(x).data(), tokens * stride, engine.gpu() ? 4.0 / 256 : 1e-5, engine.bound());
    // YaRN's factor is a part of the table.
    rope.type = LS_ROPE_YARN, rope.factor = 2, rope.beta_fast = 32, rope.beta_slow = 1, rope.attention_factor = 1;
    const Floats ones(dim, 1.0f);
    float at_zero[2];
    for (int i = 0; i < 2; i++) {
      const Buffer one(engine, ones);
      rope.attention_factor = i + 1;
      a = {1, 1, dim, one, 0, nullptr, rope, 1024, 0};
      MUST(ls_op_rope(engine, &a));
      at_zero[i] = one.read()[0];
    }
    CHECK(at_zero[0] == 1 && at_zero[1] == 2);
  });
}

TEST(swiglu_both_ways) {
  on_every_engine([](const Engine& engine) {
    const int64_t rows = 4, width = 40;
    const Floats gate_up = random_reals(rows * 2 * width, 1), d_y = random_reals(rows * width, 2);
    Floats y(rows * width), d_gate_up(rows * 2 * width);
    cpu::swiglu_forward({rows, width, gate_up.data(), y.data()});
    cpu::swiglu_backward({rows, width, gate_up.data(), d_y.data(), d_gate_up.data()});
    const Buffer bg(engine, gate_up), by(engine, LS_REAL, rows * width), bdy(engine, d_y);
    const ls_swiglu_forward f{rows, width, bg, by};
    MUST(ls_op_swiglu_forward(engine, &f));
    const ls_swiglu_backward b{rows, width, bg, bdy, bg};
    MUST(ls_op_swiglu_backward(engine, &b));
    CLOSE(by.read(), y, 0.01);
    CLOSE(bg.read(), d_gate_up, 0.01);
  });
}

// Sums of 48 products: what is rounded is the result alone.
TEST(linear_both_ways) {
  on_every_engine([](const Engine& engine) {
    const int64_t rows = 7, in = 48, out = 24, x_stride = 56, y_stride = 32;
    const Floats x = random_reals(rows * x_stride, 1), weight = random_reals(out * in, 2);
    const Floats bias = random_reals(out, 3), y0 = random_reals(rows * y_stride, 4);
    Floats y = y0, d_x = random_reals(rows * x_stride, 5), d_weight(out * in, 1.0f), d_bias(out, 2.0f);
    const Buffer bx(engine, x), bw(engine, weight), bb(engine, bias), by(engine, y0), bdy(engine, y0), bdx(engine, d_x);
    const Buffer bdw(engine, d_weight, LS_FLOAT), bdb(engine, d_bias, LS_FLOAT);
    cpu::linear_forward({rows, in, out, x.data(), x_stride, weight.data(), bias.data(), y.data(), y_stride, 1, 0.5f});
    cpu::linear_backward_input({rows, in, out, y0.data(), y_stride, weight.data(), d_x.data(), x_stride, 0});
    cpu::linear_backward_weight({rows, in, out, y0.data(), y_stride, x.data(), x_stride, d_weight.data(), d_bias.data()});
    const ls_linear_forward f{rows, in, out, bx, bw, bb, by, x_stride, y_stride, 0.5, 1};
    MUST(ls_op_linear_forward(engine, &f));
    const ls_linear_backward b{rows, in, out, bx, bw, bdy, bdx, bdw, bdb, x_stride, y_stride};
    MUST(ls_op_linear_backward(engine, &b));
    CLOSE(by.read(), y, 0.1);
    CLOSE(bdx.read(), d_x, 0.1);
    CLOSE(bdw.read(), d_weight, 0.01);
    CLOSE(bdb.read(), d_bias, 0.01);
  });
}

// Logits, of size 4, are stored in bf16 on a GPU: an error of 2^-8 of 4 in each, and so in dz of a probability; sums of 11 or 20 of those.
TEST(linear_cross_entropy_with_gradients) {
  on_every_engine([](const Engine& engine) {
    const int64_t rows = 11, width = 16, vocabulary = 20;
    const Floats x = random_reals(rows * width, 1), weight = random_reals(vocabulary * width, 2), of_row = {1, 2, 0.5, 1, 1, 0, 3, 1, 1, 1, 1};
    Ints label(rows);
    for (int64_t r = 0; r < rows; r++) label[r] = static_cast<int32_t>(r * 7 % vocabulary);
    Floats d_x(rows * width), d_weight(vocabulary * width, 1.0f), workspace(cpu::cross_entropy_workspace(rows, width, vocabulary));
    double want = 0, loss = -1;
    cpu::linear_cross_entropy({rows, width, vocabulary, x.data(), weight.data(), label.data(), of_row.data(), 12.5, d_x.data(), d_weight.data(),
                               workspace.data(), &want});
    const Buffer bx(engine, x), bw(engine, weight), bdx(engine, LS_REAL, rows * width), bdw(engine, Floats(vocabulary * width, 1.0f), LS_FLOAT);
    const ls_linear_cross_entropy a{rows, width, vocabulary, bx, bw, label.data(), of_row.data(), 12.5, bdx, bdw};
    MUST(ls_op_linear_cross_entropy(engine, &a, &loss));
    CHECK(std::abs(loss - want) <= engine.bound() * 4);
    CLOSE(bdx.read(), d_x, 0.5);
    CLOSE(bdw.read(), d_weight, 0.5);
  });
}

TEST(adamw_with_and_without_master) {
  on_every_engine([](const Engine& engine) {
    const int64_t count = 1001;
    const Floats start = random_reals(count, 1), gradient = normal(count, 2);
    double squares = 0, norm = 0;
    cpu::sum_of_squares({count, gradient.data(), &squares});
    Floats weight = start, m(count), v(count);
    cpu::adamw({count, weight.data(), m.data(), v.data(), gradient.data(), 0.01, 0.9, 0.95, 1e-8, 0.1, 1.0 / (std::sqrt(squares) + 1e-6), 1});
    const Buffer bw(engine, start), alone(engine, start), master(engine, start, LS_FLOAT), bg(engine, gradient, LS_FLOAT);
    const Buffer bm(engine, LS_FLOAT, count), bv(engine, LS_FLOAT, count), m2(engine, LS_FLOAT, count), v2(engine, LS_FLOAT, count);
    ls_adamw a{count, bw, master, bm, bv, bg, 0.01, 0.9, 0.95, 1e-8, 0.1, 1.0, 1};
    MUST(ls_op_adamw(engine, &a, &norm));
    CHECK(std::abs(norm - std::sqrt(squares)) < 1e-4);
    CHECK_CLOSE(master.read().data(), in_double(weight).data(), count, 1e-6, 1e-6);
    CHECK_CLOSE(bm.read().data(), in_double(m).data(), count, 1e-6, 1e-6);
    CHECK_CLOSE(bv.read().data(), in_double(v).data(), count, 1e-6, 1e-6);
    CHECK(bw.read() == (engine.gpu() ? exact(master.read()) : master.read()));
    a.weight = alone, a.master = {}, a.m = m2, a.v = v2;
    MUST(ls_op_adamw(engine, &a, &norm));
    CHECK(alone.read() == bw.read());
    // What is not finite changes nothing.
    const float bad = NAN;
    MUST(ls_buffer_write(bg.buffer, 500, &bad, 1));
    const Floats before = alone.read();
    MUST(ls_op_adamw(engine, &a, &norm));
    CHECK(!std::isfinite(norm) && alone.read() == before);
  });
}

TEST(misuse_of_buffers_is_answered) {
  on_every_engine([](const Engine& engine) {
    ls_buffer* buffer = nullptr;
    alignas(16) float memory[8] = {};
    SAYS(ls_buffer_open(nullptr, LS_REAL, 1, &buffer), "ls_buffer_open: engine is NULL");
    SAYS(ls_buffer_open(engine, LS_REAL, 1, nullptr), "buffer is NULL");
    SAYS(ls_buffer_open(engine, LS_REAL, 0, &buffer), "found 0");
    SAYS(ls_buffer_open(engine, static_cast<ls_element>(3), 1, &buffer), "found 3");
    says(ls_buffer_open(engine, LS_REAL, int64_t{1} << 39, &buffer), LS_OUT_OF_MEMORY, "a buffer of 549755813888 reals needs", __LINE__);
    SAYS(ls_buffer_wrap(engine, LS_REAL, nullptr, 1, &buffer), "address is NULL");
    SAYS(ls_buffer_wrap(engine, LS_REAL, memory + 1, 1, &buffer), "multiple of 16");
    const Buffer reals(engine, LS_REAL, 4), ints(engine, LS_INT, 4);
    if (engine.gpu()) {
      SAYS(ls_buffer_wrap(engine, LS_FLOAT, memory, 8, &buffer), "ls_buffer_wrap: expected 32 bytes of memory of device ");
      SAYS(ls_buffer_wrap(engine, LS_REAL, ls_buffer_address(reals.buffer), int64_t{1} << 40, &buffer), "but they are not, or not all");
    }
    CHECK(buffer == nullptr);
    SAYS(ls_engine_wait_stream(nullptr, nullptr), "ls_engine_wait_stream: engine is NULL");
    SAYS(ls_engine_signal_stream(nullptr, nullptr), "ls_engine_signal_stream: engine is NULL");
    if (!ls_engine_stream(engine)) {
      SAYS(ls_engine_wait_stream(engine, memory), "ls_engine_wait_stream: expected no stream on device ");
      SAYS(ls_engine_signal_stream(engine, memory), "ls_engine_signal_stream: expected no stream on device ");
    }
    int32_t number = 0;
    SAYS(ls_buffer_write(nullptr, 0, memory, 1), "buffer is NULL");
    SAYS(ls_buffer_write(reals.buffer, 0, nullptr, 1), "data is NULL");
    SAYS(ls_buffer_write(reals.buffer, 2, memory, 3), "ls_buffer_write: the buffer has 4 elements but 3 from 2 were asked for");
    SAYS(ls_buffer_read(reals.buffer, -1, memory, 1), "-1");
    SAYS(ls_buffer_read(reals.buffer, 1, memory, INT64_MAX), "elements");
    SAYS(ls_buffer_read(ints.buffer, 0, memory, 1), "expected a buffer of reals or floats but found one of ints");
    SAYS(ls_buffer_read_ints(reals.buffer, 0, &number, 1), "expected a buffer of ints but found one of reals");
    SAYS(ls_engine_synchronize(nullptr), "engine is NULL");
    CHECK(ls_buffer_count(nullptr) == 0 && ls_buffer_bytes(nullptr) == 0 && !ls_buffer_address(nullptr) && !ls_engine_stream(nullptr));
  });
}

TEST(misuse_of_the_other_ops_is_answered) {
  on_every_engine([](const Engine& engine) {
    const Buffer x(engine, LS_REAL, 64), w(engine, LS_REAL, 8), f(engine, LS_FLOAT, 64);
    const ls_view none{};
    const auto norm = [&](int64_t rows, int64_t width, double eps, ls_view rstd) {
      const ls_rmsnorm_forward a{rows, width, eps, x, w, x, rstd};
      return ls_op_rmsnorm_forward(engine, &a);
    };
    SAYS(norm(0, 8, 0, none), "rmsnorm_forward: expected rows from 1 to 1073741824 but found 0");
    SAYS(norm(1, INT64_MAX, 0, none), "expected width");
    SAYS(norm(1 << 30, 1 << 30, 0, none), "elements of x from 0 on but its buffer has 64");
    SAYS(norm(8, 8, NAN, none), "expected eps");
    SAYS(norm(8, 8, 0, w), "expected rstd to be a buffer of floats but found one of reals");
    const ls_rmsnorm_backward nb{8, 8, x, w, none, x, none, none};
    SAYS(ls_op_rmsnorm_backward(engine, &nb), "rmsnorm_backward: rstd is NULL");

    ls_rope rope{};
    rope.theta = 10000;
    const Ints far{0, -1}, huge{0, (1 << 30) - 1};
    ls_rotate r{2, 2, 16, x, 0, far.data(), rope, 64, 0};
    SAYS(ls_op_rope(engine, &r), "rope: expected position 1 from 0 to");
    r.positions = huge.data();
    says(ls_op_rope(engine, &r), LS_OUT_OF_MEMORY, "needs", __LINE__);
    r.positions = nullptr;
    r.stride = 16;
    SAYS(ls_op_rope(engine, &r), "expected stride from 32");
    r.stride = 0, r.head_dim = 15;
    SAYS(ls_op_rope(engine, &r), "rope: expected an even head_dim but found 15");
    r.head_dim = 16, r.rope.theta = 0;
    SAYS(ls_op_rope(engine, &r), "rope: expected a positive theta but found 0");
    r.rope = rope;
    MUST(ls_op_rope(engine, &r));

    const ls_swiglu_forward s{8, 8, x, x};
    SAYS(ls_op_swiglu_forward(engine, &s), "swiglu_forward: expected 128 elements of gate_up from 0 on but its buffer has 64");
    const ls_swiglu_backward sb{4, 8, x, none, x};
    SAYS(ls_op_swiglu_backward(engine, &sb), "swiglu_backward: d_y is NULL");

    ls_linear_forward l{8, 8, 1, x, w, none, x, 4, 0, 1, 0};
    SAYS(ls_op_linear_forward(engine, &l), "linear_forward: expected x_stride from 8 to 1073741824 but found 4");
    l.x_stride = 0, l.out = 2;
    SAYS(ls_op_linear_forward(engine, &l), "expected 16 elements of weight from 0 on but its buffer has 8");
    ls_linear_backward lb{8, 8, 1, x, w, x, none, none, none, 0, 0};
    SAYS(ls_op_linear_backward(engine, &lb), "linear_backward: expected d_x, d_weight or both but found NULL");
    lb.d_x = x, lb.d_bias = f;
    SAYS(ls_op_linear_backward(engine, &lb), "expected d_weight beside d_bias but found NULL");

    const Ints label{1, 8};
    const Floats of_row{1, NAN};
    double number = 0;
    ls_linear_cross_entropy c{2, 8, 8, x, x, label.data(), nullptr, 0, none, none};
    SAYS(ls_op_linear_cross_entropy(engine, &c, nullptr), "linear_cross_entropy: loss is NULL");
    SAYS(ls_op_linear_cross_entropy(engine, &c, &number), "expected label 1 from 0 to 7 but found 8");
    const Ints fine{1, 2};
    c.label = fine.data(), c.row_weight = of_row.data();
    SAYS(ls_op_linear_cross_entropy(engine, &c, &number), "expected row_weight 1 to be finite");
    c.row_weight = nullptr, c.denominator = -1;
    SAYS(ls_op_linear_cross_entropy(engine, &c, &number), "expected denominator");

    ls_adamw a{64, x, none, f, f, f, 0.1, 0.9, 0.95, 1e-8, 0, 0, 0};
    SAYS(ls_op_adamw(engine, &a, &number), "adamw: expected step from 1");
    SAYS(ls_op_adamw(engine, &a, nullptr), "adamw: norm is NULL");
    a.step = 1, a.beta2 = 1;
    SAYS(ls_op_adamw(engine, &a, &number), "expected beta2 from 0 to below 1 but found 1");
    a.beta2 = 0.95, a.m = x;
    SAYS(ls_op_adamw(engine, &a, &number), "expected m to be a buffer of floats but found one of reals");
  });
}
