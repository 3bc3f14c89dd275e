#include <algorithm>
#include <cmath>
#include <numeric>

#include "api/ops_run.h"
#include "ops/adamw/adamw.h"

namespace ls::cpu {

bool Ops::holds(const void*, int64_t) const { return true; }

void* Ops::stream() const { return nullptr; }

void Ops::order(void*, void*) const {}

void Ops::synchronize() const {}

void Ops::write_reals(void* to, const float* from, int64_t count) const { upload_all(static_cast<float*>(to), from, count); }

void Ops::read_reals(float* to, const void* from, int64_t count) const { download_all(to, static_cast<const float*>(from), count); }

// Statistics are those of score_rows, of all rows.
void Ops::run(const ls_attention_forward& a) {
  const Shape s(a.inputs.shape);
  float* lse = floats(a.lse);
  reserve("attention_forward", [&](Layout& layout) {
    if (!a.lse.buffer) lse = layout.take<float>(s.shape.heads * s.shape.tokens);
  });
  const AttentionForward<float> f = forward_of(a.inputs, s.shape, reals(a.o), lse);
  attention_forward(f);
  if (!a.argmax.buffer && !a.max_prob.buffer && !a.span_mass.buffer) return;
  std::vector<int64_t> rows(s.shape.tokens);
  std::iota(rows.begin(), rows.end(), 0);
  score_rows({s.shape, f.q, f.k, f.q_stride, f.kv_stride, nullptr, s.shape.tokens, rows.data(), a.spans, a.span_begin, a.span_end, nullptr,
              ints(a.argmax), floats(a.max_prob), nullptr, nullptr, floats(a.span_mass), nullptr, nullptr});
}

double Ops::run(const ls_adamw& a) {
  double squares = 0;
  sum_of_squares({a.count, floats(a.gradient), &squares});
  const double norm = std::sqrt(squares);
  if (!std::isfinite(norm)) return norm;
  const double scale = a.clip > 0 ? std::min(1.0, a.clip / (norm + 1e-6)) : 1.0;  // PyTorch's clip_grad_norm_
  float* master = a.master.buffer ? floats(a.master) : reals(a.weight);
  adamw({a.count, master, floats(a.m), floats(a.v), floats(a.gradient), a.learning_rate, a.beta1, a.beta2, a.eps, a.decay, scale, a.step});
  if (a.master.buffer) std::copy_n(master, a.count, reals(a.weight));
  return norm;
}

}  // namespace ls::cpu
