// The ops that are the same on every backend.
#include <algorithm>
#include <numeric>

#include "api/ops_run.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/linear/linear.h"
#include "ops/rmsnorm/rmsnorm.h"
#include "ops/rope/rope.h"
#include "ops/swiglu/swiglu.h"

namespace ls::LS_BACKEND {

void Ops::run(const ls_attention_backward& a) {
  Shape s(a.inputs.shape);
  float* workspace = nullptr;
  reserve("attention_backward", [&](Layout& layout) {
    s.lay_out(layout);
    workspace = layout.take<float>(attention_backward_workspace(s.shape, !a.atomics));
  });
  s.fill();
  attention_backward({forward_of(a.inputs, s.shape, reals(a.o), floats(a.lse)), reals(a.d_o), reals(a.d_q), reals(a.d_k), reals(a.d_v), workspace,
                      !a.atomics});
}

void Ops::run(const ls_score_rows& a) {
  Shape s(a.inputs.shape);
  Input<int32_t> ids{a.ids, s.shape.tokens};
  Input<int64_t> row{a.row, a.rows}, span_begin{a.span_begin, a.spans}, span_end{a.span_end, a.spans};
  float* workspace = nullptr;
  reserve("score_rows", [&](Layout& layout) {
    s.lay_out(layout);
    ids.lay_out(layout);
    for (auto* one : {&row, &span_begin, &span_end}) one->lay_out(layout);
    workspace = layout.take<float>(score_rows_workspace(s.shape, a.rows, a.spans));
  });
  s.fill();
  ids.fill();
  for (auto* one : {&row, &span_begin, &span_end}) one->fill();
  const AttentionForward<Real> f = forward_of(a.inputs, s.shape, nullptr, nullptr);
  score_rows({s.shape, f.q, f.k, f.q_stride, f.kv_stride, ids.data, a.rows, row.data, a.spans, span_begin.data, span_end.data, floats(a.lse),
              ints(a.argmax), floats(a.max_prob), ints(a.second), floats(a.second_prob), floats(a.span_mass), floats(a.column_sum), floats(a.pattern),
              f.v, floats(a.span_output), workspace});
}

void Ops::run(const ls_rmsnorm_forward& a) {
  rmsnorm_forward({a.rows, a.width, as_float(a.eps), reals(a.x), reals(a.weight), reals(a.y), floats(a.rstd)});
}

void Ops::run(const ls_rmsnorm_backward& a) {
  float* workspace = nullptr;
  reserve("rmsnorm_backward", [&](Layout& layout) { workspace = layout.take<float>(rmsnorm_backward_workspace(a.rows, a.width)); });
  rmsnorm_backward({a.rows, a.width, reals(a.x), reals(a.weight), floats(a.rstd), reals(a.d_y), reals(a.d_x), floats(a.d_weight), workspace});
}

void Ops::run(const ls_rotate& a) {
  std::vector<int32_t> numbers(a.positions ? 0 : a.tokens);
  std::iota(numbers.begin(), numbers.end(), 0);
  Input<int32_t> position{a.positions ? a.positions : numbers.data(), a.tokens};
  Config config{};
  config.head_dim = a.head_dim;
  config.max_positions = a.max_positions;
  config.rope = a.rope;
  rope_.prepare(config, *std::max_element(position.host, position.host + a.tokens) + int64_t{1});
  reserve("rope", [&](Layout& layout) { position.lay_out(layout); });
  position.fill();
  rope({a.tokens, a.heads, a.head_dim, dense(a.stride, a.heads * a.head_dim), reals(a.x), position.data, rope_.cos(), rope_.sin(), a.inverse != 0});
}

void Ops::run(const ls_swiglu_forward& a) { swiglu_forward({a.rows, a.width, reals(a.gate_up), reals(a.y)}); }
void Ops::run(const ls_swiglu_backward& a) { swiglu_backward({a.rows, a.width, reals(a.gate_up), reals(a.d_y), reals(a.d_gate_up)}); }

void Ops::run(const ls_linear_forward& a) {
  linear_forward({a.rows, a.in, a.out, reals(a.x), dense(a.x_stride, a.in), reals(a.weight), reals(a.bias), reals(a.y), dense(a.y_stride, a.out),
                  as_float(a.beta), as_float(a.alpha)});
}

void Ops::run(const ls_linear_backward& a) {
  const int64_t x_stride = dense(a.x_stride, a.in), y_stride = dense(a.y_stride, a.out);
  if (a.d_x.buffer) linear_backward_input({a.rows, a.in, a.out, reals(a.d_y), y_stride, reals(a.weight), reals(a.d_x), x_stride, 0});
  if (a.d_weight.buffer)
    linear_backward_weight({a.rows, a.in, a.out, reals(a.d_y), y_stride, reals(a.x), x_stride, floats(a.d_weight), floats(a.d_bias)});
}

double Ops::run(const ls_linear_cross_entropy& a) {
  Input<int32_t> label{a.label, a.rows};
  Input<float> weight{a.row_weight, a.rows};
  float* workspace = nullptr;
  double* loss = nullptr;
  reserve("linear_cross_entropy", [&](Layout& layout) {
    label.lay_out(layout);
    weight.lay_out(layout);
    workspace = layout.take<float>(cross_entropy_workspace(a.rows, a.width, a.vocabulary));
    loss = layout.take<double>(1);
  });
  label.fill();
  weight.fill();
  fill_zero(loss, sizeof(double));
  linear_cross_entropy({a.rows, a.width, a.vocabulary, reals(a.x), reals(a.weight), label.data, weight.data,
                        a.denominator != 0 ? a.denominator : static_cast<double>(a.rows), reals(a.d_x), floats(a.d_weight), workspace, loss});
  double result = 0;
  download_all(&result, loss, 1);
  return result;
}

std::shared_ptr<AnyOps> open_ops() { return std::make_shared<Ops>(); }

}  // namespace ls::LS_BACKEND
