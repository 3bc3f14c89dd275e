#include "model/backward.h"

#include "model/layer.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/embedding/embedding.h"
#include "ops/linear/linear.h"
#include "ops/rmsnorm/rmsnorm.h"
#include "ops/rows/rows.h"
#include "ops/swiglu/swiglu.h"

namespace ls::LS_BACKEND {

namespace {

void zero(Real* x, int64_t count) { fill_zero(x, count * static_cast<int64_t>(sizeof(Real))); }
void copy(const Real* from, int64_t count, Real* to) { copy_strided({1, count, from, count, to, count}); }

void forward_layer(const TrainPass& p, int64_t l, Real* x_after) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const LayerWeights<Real>& w = p.model.weights.layers[l];
  const int64_t rows = p.batch.tokens, count = rows * c.hidden;
  normalize(c, rows, s.x, w.attention_norm, b.normed, s.rstd);
  project_qkv(c, w, rows, b.normed, s.qkv);
  rotate(c, p.rope, rows, b.inputs.position, s.qkv, false);
  attention_forward(attention(c, l, p.batch, b.inputs, s.qkv, s.o, s.lse));
  copy(s.x, count, s.x_mid);
  add_attention_output(c, w, rows, s.o, s.x_mid);
  normalize(c, rows, s.x_mid, w.mlp_norm, b.normed, s.rstd_mid);
  copy(s.x_mid, count, x_after);
  add_feed_forward(c, w, rows, b.normed, s.gate_up, b.mlp, x_after);
}

// Computes again what the layer's level did not keep: the same kernels on the same numbers, so the same bits.
void restore_layer(const TrainPass& p, int64_t l) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const LayerWeights<Real>& w = p.model.weights.layers[l];
  const int64_t rows = p.batch.tokens;
  if (b.levels[l] >= LS_RECOMPUTE_SELECTIVE) {
    normalize(c, rows, s.x, w.attention_norm, b.normed, s.rstd);
    project_qkv(c, w, rows, b.normed, s.qkv);
    rotate(c, p.rope, rows, b.inputs.position, s.qkv, false);
    copy(s.x, rows * c.hidden, s.x_mid);
    add_attention_output(c, w, rows, s.o, s.x_mid);
  }
  if (b.levels[l] >= LS_RECOMPUTE_MLP) {
    normalize(c, rows, s.x_mid, w.mlp_norm, b.normed, s.rstd_mid);
    project_gate_up(c, w, rows, b.normed, s.gate_up);
  }
}

// Adds the loss of the labelled rows; d_x becomes the gradient of the state after the last layer.
void head(const TrainPass& p) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const int64_t rows = p.batch.tokens, labelled = static_cast<int64_t>(p.batch.labelled.size());
  normalize(c, rows, b.x, p.model.weights.norm, b.normed, b.rstd);
  gather_rows({labelled, c.hidden, b.normed, b.inputs.labelled, b.labelled});
  linear_cross_entropy({labelled, c.hidden, c.vocabulary, b.labelled, p.model.weights.head, b.inputs.label,
                        b.inputs.weighted ? b.inputs.weight : nullptr, p.denominator, b.d_normed, p.gradients.head, b.cross_entropy, b.loss});
  zero(b.normed, rows * c.hidden);  // now the gradient of the normed state: 0 where there is no label
  scatter_rows({labelled, c.hidden, b.d_normed, b.inputs.labelled, b.normed});
  zero(b.d_x, rows * c.hidden);
  rmsnorm_backward({rows, c.hidden, b.x, p.model.weights.norm, b.rstd, b.normed, b.d_x, p.gradients.norm, b.rmsnorm});
}

// d_weight += d_yᵀ·x of a trained projection.
void weight_gradient(int64_t rows, int64_t in, int64_t out, const Real* d_y, const Real* x, float* d_weight, float* d_bias) {
  if (d_weight) linear_backward_weight({rows, in, out, d_y, out, x, in, d_weight, d_bias});
}

void input_gradient(int64_t rows, int64_t in, int64_t out, const Real* d_y, const Real* weight, Real* d_x) {
  linear_backward_input({rows, in, out, d_y, out, weight, d_x, in, 0.0f});
}

void backward_feed_forward(const TrainPass& p, const SavedLayer& s, const LayerWeights<Real>& w, const LayerWeights<float>& d) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const int64_t rows = p.batch.tokens, wide = c.intermediate;
  if (d.down) {
    swiglu_forward({rows, wide, s.gate_up, b.mlp});
    weight_gradient(rows, wide, c.hidden, b.d_x, b.mlp, d.down, nullptr);
  }
  input_gradient(rows, wide, c.hidden, b.d_x, w.down, b.d_mlp);
  swiglu_backward({rows, wide, s.gate_up, b.d_mlp, s.gate_up});
  if (d.gate_up) {
    normalize(c, rows, s.x_mid, w.mlp_norm, b.normed, nullptr);
    weight_gradient(rows, c.hidden, 2 * wide, s.gate_up, b.normed, d.gate_up, nullptr);
  }
  input_gradient(rows, c.hidden, 2 * wide, s.gate_up, w.gate_up, b.d_normed);
  rmsnorm_backward({rows, c.hidden, s.x_mid, w.mlp_norm, s.rstd_mid, b.d_normed, b.d_x, d.mlp_norm, b.rmsnorm});
}

void backward_attention(const TrainPass& p, int64_t l, const SavedLayer& s, const LayerWeights<Real>& w, const LayerWeights<float>& d) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const int64_t rows = p.batch.tokens;
  weight_gradient(rows, c.q_width(), c.hidden, b.d_x, s.o, d.o, nullptr);
  input_gradient(rows, c.q_width(), c.hidden, b.d_x, w.o, b.d_o);
  Real *d_k = b.d_qkv + c.q_width(), *d_v = d_k + c.kv_width();
  attention_backward({attention(c, l, p.batch, b.inputs, s.qkv, s.o, s.lse), b.d_o, b.d_qkv, d_k, d_v, b.attention, !b.atomics});
  rotate(c, p.rope, rows, b.inputs.position, b.d_qkv, true);
  if (d.qkv) {
    normalize(c, rows, s.x, w.attention_norm, b.normed, nullptr);
    weight_gradient(rows, c.hidden, c.qkv_width(), b.d_qkv, b.normed, d.qkv, d.qkv_bias);
  }
  if (l == 0 && p.mode == LS_TRAIN_ATTENTION) return;  // nothing below is trained
  input_gradient(rows, c.hidden, c.qkv_width(), b.d_qkv, w.qkv, b.d_normed);
  rmsnorm_backward({rows, c.hidden, s.x, w.attention_norm, s.rstd, b.d_normed, b.d_x, d.attention_norm, b.rmsnorm});
}

}  // namespace

void forward_and_backward(const TrainPass& p) {
  if (p.batch.labelled.empty()) return;
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  embedding_forward({p.batch.tokens, c.hidden, b.inputs.ids, p.model.weights.embedding, b.layers[0].x});
  for (int64_t l = 0; l < c.layers; l++) forward_layer(p, l, l + 1 < c.layers ? b.layers[l + 1].x : b.x);
  head(p);
  for (int64_t l = c.layers - 1; l >= 0; l--) {
    const LayerWeights<Real>& w = p.model.weights.layers[l];
    const LayerWeights<float>& d = p.gradients.layers[l];
    restore_layer(p, l);
    backward_feed_forward(p, b.layers[l], w, d);
    backward_attention(p, l, b.layers[l], w, d);
  }
  if (p.gradients.embedding)
    embedding_backward({p.batch.tokens, c.hidden, c.vocabulary, b.inputs.ids, b.d_x, p.gradients.embedding, b.inputs.order});
}

}  // namespace ls::LS_BACKEND
