#include <cmath>

#include "api/ops_check.h"

using namespace ls;
using namespace ls::api;

extern "C" {

ls_status ls_op_rmsnorm_forward(ls_engine* engine, const ls_rmsnorm_forward* args) {
  return run_op("rmsnorm_forward", engine, args, [](const Check& check, const ls_rmsnorm_forward& a) {
    check.size("rows", a.rows);
    check.size("width", a.width);
    check.number("eps", a.eps, 0, 1);
    check.view("x", a.x, LS_REAL, a.rows * a.width);
    check.view("weight", a.weight, LS_REAL, a.width);
    check.view("y", a.y, LS_REAL, a.rows * a.width);
    check.view_or_null("rstd", a.rstd, LS_FLOAT, a.rows);
  });
}

ls_status ls_op_rmsnorm_backward(ls_engine* engine, const ls_rmsnorm_backward* args) {
  return run_op("rmsnorm_backward", engine, args, [](const Check& check, const ls_rmsnorm_backward& a) {
    check.size("rows", a.rows);
    check.size("width", a.width);
    check.view("x", a.x, LS_REAL, a.rows * a.width);
    check.view("weight", a.weight, LS_REAL, a.width);
    check.view("rstd", a.rstd, LS_FLOAT, a.rows);
    check.view("d_y", a.d_y, LS_REAL, a.rows * a.width);
    check.view_or_null("d_x", a.d_x, LS_REAL, a.rows * a.width);
    check.view_or_null("d_weight", a.d_weight, LS_FLOAT, a.width);
  });
}

ls_status ls_op_rope(ls_engine* engine, const ls_rotate* args) {
  return run_op("rope", engine, args, [](const Check& check, const ls_rotate& a) {
    check.size("tokens", a.tokens);
    check.size("heads", a.heads, 1 << 14);
    check.within("head_dim", a.head_dim, 2, 1 << 14);
    check.that(a.head_dim % 2 == 0, "expected an even head_dim but found ", a.head_dim);
    const int64_t width = a.heads * a.head_dim;
    check.view("x", a.x, LS_REAL, a.tokens, width, check.stride("stride", a.stride, width));
    check.within("max_positions", a.max_positions, 0, kMostSize);
    for (int64_t i = 0; a.positions && i < a.tokens; i++)
      check.that(a.positions[i] >= 0 && a.positions[i] < kMostSize, "expected position ", i, " from 0 to ", kMostSize - 1, " but found ",
                 a.positions[i]);
  });
}

ls_status ls_op_swiglu_forward(ls_engine* engine, const ls_swiglu_forward* args) {
  return run_op("swiglu_forward", engine, args, [](const Check& check, const ls_swiglu_forward& a) {
    check.size("rows", a.rows);
    check.size("width", a.width);
    check.view("gate_up", a.gate_up, LS_REAL, a.rows * 2 * a.width);
    check.view("y", a.y, LS_REAL, a.rows * a.width);
  });
}

ls_status ls_op_swiglu_backward(ls_engine* engine, const ls_swiglu_backward* args) {
  return run_op("swiglu_backward", engine, args, [](const Check& check, const ls_swiglu_backward& a) {
    check.size("rows", a.rows);
    check.size("width", a.width);
    check.view("gate_up", a.gate_up, LS_REAL, a.rows * 2 * a.width);
    check.view("d_y", a.d_y, LS_REAL, a.rows * a.width);
    check.view("d_gate_up", a.d_gate_up, LS_REAL, a.rows * 2 * a.width);
  });
}

ls_status ls_op_linear_forward(ls_engine* engine, const ls_linear_forward* args) {
  return run_op("linear_forward", engine, args, [](const Check& check, const ls_linear_forward& a) {
    check.size("rows", a.rows);
    check.size("in", a.in);
    check.size("out", a.out);
    check.number("alpha", a.alpha, -1e30, 1e30);
    check.number("beta", a.beta, -1e30, 1e30);
    check.view("x", a.x, LS_REAL, a.rows, a.in, check.stride("x_stride", a.x_stride, a.in));
    check.view("weight", a.weight, LS_REAL, a.out * a.in);
    check.view_or_null("bias", a.bias, LS_REAL, a.out);
    check.view("y", a.y, LS_REAL, a.rows, a.out, check.stride("y_stride", a.y_stride, a.out));
  });
}

ls_status ls_op_linear_backward(ls_engine* engine, const ls_linear_backward* args) {
  return run_op("linear_backward", engine, args, [](const Check& check, const ls_linear_backward& a) {
    check.size("rows", a.rows);
    check.size("in", a.in);
    check.size("out", a.out);
    const int64_t x_stride = check.stride("x_stride", a.x_stride, a.in);
    check.view("d_y", a.d_y, LS_REAL, a.rows, a.out, check.stride("y_stride", a.y_stride, a.out));
    check.that(a.d_x.buffer || a.d_weight.buffer, "expected d_x, d_weight or both but found NULL");
    check.that(a.d_weight.buffer || !a.d_bias.buffer, "expected d_weight beside d_bias but found NULL");
    if (a.d_x.buffer) {
      check.view("weight", a.weight, LS_REAL, a.out * a.in);
      check.view("d_x", a.d_x, LS_REAL, a.rows, a.in, x_stride);
    }
    if (a.d_weight.buffer) {
      check.view("x", a.x, LS_REAL, a.rows, a.in, x_stride);
      check.view("d_weight", a.d_weight, LS_FLOAT, a.out * a.in);
      check.view_or_null("d_bias", a.d_bias, LS_FLOAT, a.out);
    }
  });
}

ls_status ls_op_linear_cross_entropy(ls_engine* engine, const ls_linear_cross_entropy* args, double* loss) {
  return run_op(
      "linear_cross_entropy", engine, args,
      [&](const Check& check, const ls_linear_cross_entropy& a) {
        check.given("loss", loss);
        check.size("rows", a.rows);
        check.size("width", a.width);
        check.size("vocabulary", a.vocabulary);
        check.number("denominator", a.denominator, 0, 1e300);
        check.view("x", a.x, LS_REAL, a.rows * a.width);
        check.view("weight", a.weight, LS_REAL, a.vocabulary * a.width);
        check.view_or_null("d_x", a.d_x, LS_REAL, a.rows * a.width);
        check.view_or_null("d_weight", a.d_weight, LS_FLOAT, a.vocabulary * a.width);
        check.given("label", a.label);
        for (int64_t i = 0; i < a.rows; i++) {
          check.that(a.label[i] >= 0 && a.label[i] < a.vocabulary, "expected label ", i, " from 0 to ", a.vocabulary - 1, " but found ", a.label[i]);
          if (a.row_weight)
            check.that(std::isfinite(a.row_weight[i]), "expected row_weight ", i, " to be finite but found ", a.row_weight[i]);
        }
      },
      [&](AnyOps& ops) { *loss = ops.run(*args); });
}

ls_status ls_op_adamw(ls_engine* engine, const ls_adamw* args, double* norm) {
  return run_op(
      "adamw", engine, args,
      [&](const Check& check, const ls_adamw& a) {
        check.given("norm", norm);
        check.size("count", a.count);
        check.view("weight", a.weight, LS_REAL, a.count);
        check.view_or_null("master", a.master, LS_FLOAT, a.count);
        check.view("m", a.m, LS_FLOAT, a.count);
        check.view("v", a.v, LS_FLOAT, a.count);
        check.view("gradient", a.gradient, LS_FLOAT, a.count);
        check.number("learning_rate", a.learning_rate, 0, 1e30);
        check.that(a.beta1 >= 0 && a.beta1 < 1, "expected beta1 from 0 to below 1 but found ", a.beta1);
        check.that(a.beta2 >= 0 && a.beta2 < 1, "expected beta2 from 0 to below 1 but found ", a.beta2);
        check.number("eps", a.eps, 0, 1e30);
        check.number("decay", a.decay, 0, 1e30);
        check.number("clip", a.clip, 0, 1e30);
        check.within("step", a.step, 1, INT64_MAX);
      },
      [&](AnyOps& ops) { *norm = ops.run(*args); });
}

}  // extern "C"
