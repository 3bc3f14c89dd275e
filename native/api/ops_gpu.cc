#include <algorithm>
#include <cmath>

#include "api/ops_run.h"
#include "ops/adamw/adamw.h"
#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

namespace {

// Elements that stand in host memory twice at a time.
constexpr int64_t kPiece = 4 << 20;

}  // namespace

bool Ops::holds(const void* address, int64_t bytes) const { return LS_BACKEND::holds(address, bytes); }

void* Ops::stream() const { return LS_BACKEND::stream(); }

void Ops::order(void* first, void* then) const { LS_BACKEND::order(first, then); }

void Ops::synchronize() const { LS_BACKEND::synchronize("the ops of this engine"); }

void Ops::write_reals(void* to, const float* from, int64_t count) const {
  std::vector<bf16> piece(std::min(count, kPiece));
  for (int64_t done = 0; done < count; done += kPiece) {
    const int64_t now = std::min(kPiece, count - done);
    std::transform(from + done, from + done + now, piece.begin(), to_bf16);
    upload_all(static_cast<bf16*>(to) + done, piece.data(), now);
  }
}

void Ops::read_reals(float* to, const void* from, int64_t count) const {
  std::vector<bf16> piece(std::min(count, kPiece));
  for (int64_t done = 0; done < count; done += kPiece) {
    const int64_t now = std::min(kPiece, count - done);
    download_all(piece.data(), static_cast<const bf16*>(from) + done, now);
    std::transform(piece.begin(), piece.begin() + now, to + done, [](bf16 x) { return to_float(x); });
  }
}

// The pass itself collects the statistics; they are on if it has a place for argmax.
void Ops::run(const ls_attention_forward& a) {
  Shape s(a.inputs.shape);
  const int64_t cells = s.shape.heads * s.shape.tokens;
  const bool statistics = a.argmax.buffer || a.max_prob.buffer || a.span_mass.buffer;
  float* lse = floats(a.lse);
  int32_t* argmax = ints(a.argmax);
  reserve("attention_forward", [&](Layout& layout) {
    s.lay_out(layout);
    if (!a.lse.buffer) lse = layout.take<float>(cells);
    if (statistics && !a.argmax.buffer) argmax = layout.take<int32_t>(cells);
  });
  s.fill();
  AttentionForward<bf16> f = forward_of(a.inputs, s.shape, reals(a.o), lse);
  f.statistics.argmax = argmax;
  f.statistics.max_prob = floats(a.max_prob);
  if (a.span_mass.buffer) {
    f.statistics.spans = static_cast<int32_t>(a.spans);
    std::copy_n(a.span_begin, a.spans, f.statistics.span_begin);
    std::copy_n(a.span_end, a.spans, f.statistics.span_end);
    f.statistics.span_mass = floats(a.span_mass);
  }
  attention_forward(f);
}

double Ops::run(const ls_adamw& a) {
  float* master = floats(a.master);
  AdamWTensor* table = nullptr;
  double* scalars = nullptr;  // the sum of squares, a loss of 0, partial sums
  reserve("adamw", [&](Layout& layout) {
    table = layout.take<AdamWTensor>(1);
    scalars = layout.take<double>(2 + kSumOfSquaresWorkspace);
    if (!a.master.buffer) master = layout.take<float>(a.count);
  });
  if (!a.master.buffer) widen({a.count, reals(a.weight), master});
  AdamWTensor tensor{a.count, reals(a.weight), master, floats(a.m), floats(a.v), floats(a.gradient), a.decay, 0};
  const int64_t blocks = number_adamw_blocks(&tensor, 1);
  upload_all(table, &tensor, 1);
  fill_zero(scalars, 2 * sizeof(double));
  sum_of_squares({a.count, floats(a.gradient), scalars, scalars + 2});
  adamw_all({1, table, blocks, a.learning_rate, a.beta1, a.beta2, a.eps, a.clip, scalars, scalars + 1, a.step});
  double squares = 0;
  download_all(&squares, scalars, 1);
  return std::sqrt(squares);
}

}  // namespace ls::LS_BACKEND
