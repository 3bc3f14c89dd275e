#include "model/layer.h"

#include "ops/linear/linear.h"
#include "ops/rmsnorm/rmsnorm.h"
#include "ops/rope/rope.h"
#include "ops/swiglu/swiglu.h"

namespace ls::LS_BACKEND {

void normalize(const Config& c, int64_t rows, const Real* x, const Real* weight, Real* y, float* rstd) {
  rmsnorm_forward({rows, c.hidden, c.norm_eps, x, weight, y, rstd});
}

void project_qkv(const Config& c, const LayerWeights<Real>& w, int64_t rows, const Real* normed, Real* qkv) {
  linear_forward({rows, c.hidden, c.qkv_width(), normed, c.hidden, w.qkv, w.qkv_bias, qkv, c.qkv_width(), 0.0f});
}

void rotate(const Config& c, const RopeCache& cache, int64_t rows, const int32_t* position, Real* qkv, bool inverse) {
  // q and k are neighbours: one call turns both.
  rope({rows, c.heads + c.kv_heads, c.head_dim, c.qkv_width(), qkv, position, cache.cos(), cache.sin(), inverse});
}

AttentionForward<Real> attention(const Config& c, int64_t layer, const Batch& batch, const Inputs& inputs, const Real* qkv, Real* o, float* lse) {
  const AttentionShape shape{batch.tokens, c.heads, c.kv_heads, c.head_dim, batch.documents(), batch.starts.data(), c.windows[layer],
                             c.attention_scale(), inputs.row_begin, inputs.row_end};
  const Real *k = qkv + c.q_width(), *v = k + c.kv_width();
  return {shape, qkv, k, v, c.qkv_width(), c.qkv_width(), o, lse};
}

void add_attention_output(const Config& c, const LayerWeights<Real>& w, int64_t rows, const Real* o, Real* x) {
  linear_forward({rows, c.q_width(), c.hidden, o, c.q_width(), w.o, nullptr, x, c.hidden, 1.0f});
}

void project_gate_up(const Config& c, const LayerWeights<Real>& w, int64_t rows, const Real* normed, Real* gate_up) {
  linear_forward({rows, c.hidden, 2 * c.intermediate, normed, c.hidden, w.gate_up, nullptr, gate_up, 2 * c.intermediate, 0.0f});
}

void add_mlp_output(const Config& c, const LayerWeights<Real>& w, int64_t rows, const Real* gate_up, Real* mlp, Real* x) {
  swiglu_forward({rows, c.intermediate, gate_up, mlp});
  linear_forward({rows, c.intermediate, c.hidden, mlp, c.intermediate, w.down, nullptr, x, c.hidden, 1.0f});
}

void add_feed_forward(const Config& c, const LayerWeights<Real>& w, int64_t rows, const Real* normed, Real* gate_up, Real* mlp, Real* x) {
  project_gate_up(c, w, rows, normed, gate_up);
  add_mlp_output(c, w, rows, gate_up, mlp, x);
}

}  // namespace ls::LS_BACKEND
