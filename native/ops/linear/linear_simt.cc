// The products of the emulated GPU: those of the CPU on operands widened to fp32, the result rounded once. On a GPU they are a library's, so there is
// nothing of ours to emulate. Like a kernel, a product runs when the stream comes to it.
#include <string>
#include <vector>

#include "ops/linear/column_sums.h"
#include "ops/linear/linear.h"
#include "runtime/gpu.h"

namespace ls::simt {

namespace {

using Floats = std::vector<float>;

Floats widened(const bf16* from, int64_t rows, int64_t columns, int64_t stride) {
  Floats out(rows * columns);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < columns; c++) out[r * columns + c] = to_float(from[r * stride + c]);
  return out;
}

void round_into(bf16* to, const Floats& from, int64_t rows, int64_t columns, int64_t stride) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < columns; c++) to[r * stride + c] = to_bf16(from[r * columns + c]);
}

// What a product adds to, if it does.
Floats before(float beta, const bf16* from, int64_t rows, int64_t columns, int64_t stride) {
  return beta == 0 ? Floats(rows * columns) : widened(from, rows, columns, stride);
}

}  // namespace

void linear_forward(const LinearForward<bf16>& a) {
  submit([a] {
    const Floats x = widened(a.x, a.rows, a.in, a.x_stride), weight = widened(a.weight, a.out, a.in, a.in);
    const Floats bias = a.bias ? widened(a.bias, 1, a.out, a.out) : Floats();
    Floats y = before(a.beta, a.y, a.rows, a.out, a.y_stride);
    cpu::linear_forward({a.rows, a.in, a.out, x.data(), a.in, weight.data(), a.bias ? bias.data() : nullptr, y.data(), a.out, a.beta, a.alpha});
    round_into(a.y, y, a.rows, a.out, a.y_stride);
  });
}

void linear_logits(const LinearLogits<bf16>& a) {
  submit([a] {
    const Floats x = widened(a.x, a.rows, a.in, a.x_stride), weight = widened(a.weight, a.out, a.in, a.in);
    cpu::linear_logits({a.rows, a.in, a.out, x.data(), a.in, weight.data(), a.y, a.y_stride});
  });
}

void linear_backward_input(const LinearBackwardInput<bf16>& a) {
  submit([a] {
    const Floats d_y = widened(a.d_y, a.rows, a.out, a.d_y_stride), weight = widened(a.weight, a.out, a.in, a.in);
    Floats d_x = before(a.beta, a.d_x, a.rows, a.in, a.d_x_stride);
    cpu::linear_backward_input({a.rows, a.in, a.out, d_y.data(), a.out, weight.data(), d_x.data(), a.in, a.beta, a.alpha});
    round_into(a.d_x, d_x, a.rows, a.in, a.d_x_stride);
  });
}

void linear_backward_weight(const LinearBackwardWeight<bf16>& a) {
  if (a.rows == 0) return;
  submit([a] {
    const Floats d_y = widened(a.d_y, a.rows, a.out, a.d_y_stride), x = widened(a.x, a.rows, a.in, a.x_stride);
    cpu::linear_backward_weight({a.rows, a.in, a.out, d_y.data(), a.out, x.data(), a.in, a.d_weight, nullptr});
  });
  if (a.d_bias) column_sums({a.rows, a.out, a.d_y, a.d_y_stride, a.d_bias});
}

std::string gemm_name() { return std::string("emulated, by ") + cpu::gemm_name(); }
void release_products() {}

}  // namespace ls::simt
