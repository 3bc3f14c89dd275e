#include "model/backward.h"

#include "model/adapters.h"
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

// The rows of a layer up to attention, and those up to gate and up, with their adapters.
void make_qkv(const TrainPass& p, int64_t l) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const LayerWeights<Real>& w = p.model.weights.layers[l];
  const int64_t rows = p.batch.tokens;
  normalize(c, rows, s.x, w.attention_norm, b.normed, s.rstd);
  project_qkv(c, w, rows, b.normed, s.qkv);
  add_adapters(p.scope, p.scope.qkv, p.trained.layers[l].qkv_adapter, rows, b.normed, b.u, s.qkv);
  rotate(c, p.rope, rows, b.inputs.position, s.qkv, false);
}

void make_x_mid(const TrainPass& p, int64_t l) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const int64_t rows = p.batch.tokens;
  copy(s.x, rows * c.hidden, s.x_mid);
  add_attention_output(c, p.model.weights.layers[l], rows, s.o, s.x_mid);
  add_adapters(p.scope, p.scope.o, p.trained.layers[l].o_adapter, rows, s.o, b.u, s.x_mid);
}

void make_gate_up(const TrainPass& p, int64_t l) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const LayerWeights<Real>& w = p.model.weights.layers[l];
  const int64_t rows = p.batch.tokens;
  normalize(c, rows, s.x_mid, w.mlp_norm, b.normed, s.rstd_mid);
  project_gate_up(c, w, rows, b.normed, s.gate_up);
  add_adapters(p.scope, p.scope.gate_up, p.trained.layers[l].gate_up_adapter, rows, b.normed, b.u, s.gate_up);
}

// x_after may be the layer's own x, which is not read any more then.
void forward_layer(const TrainPass& p, int64_t l, Real* x_after) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const int64_t rows = p.batch.tokens;
  make_qkv(p, l);
  attention_forward(attention(c, l, p.batch, b.inputs, s.qkv, s.o, s.lse));
  make_x_mid(p, l);
  make_gate_up(p, l);
  copy(s.x_mid, rows * c.hidden, x_after);
  add_mlp_output(c, p.model.weights.layers[l], rows, s.gate_up, b.mlp, x_after);
  add_adapters(p.scope, p.scope.down, p.trained.layers[l].down_adapter, rows, b.mlp, b.u, x_after);
}

// Computes again what the layer's level did not keep: the same kernels on the same numbers, so the same bits.
void restore_layer(const TrainPass& p, int64_t l) {
  if (p.buffers.levels[l] >= LS_RECOMPUTE_SELECTIVE) {
    make_qkv(p, l);
    make_x_mid(p, l);
  }
  if (p.buffers.levels[l] >= LS_RECOMPUTE_MLP) make_gate_up(p, l);
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

// Of each projection the weights' gradients first, then, where anything below is trained, that of its input.
void backward_feed_forward(const TrainPass& p, int64_t l) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const LayerWeights<Real>&w = p.model.weights.layers[l], &adapters = p.trained.layers[l];
  const LayerWeights<float>& d = p.gradients.layers[l];
  const int64_t rows = p.batch.tokens, wide = c.intermediate;

  const bool below_down = p.scope.trains_below(l, Field::down);
  if (d.down || d.down_adapter.a) swiglu_forward({rows, wide, s.gate_up, b.mlp});
  weight_gradient(rows, wide, c.hidden, b.d_x, b.mlp, d.down, nullptr);
  if (below_down) input_gradient(rows, wide, c.hidden, b.d_x, w.down, b.d_mlp);
  backward_adapters(p.scope, p.scope.down, adapters.down_adapter, d.down_adapter, rows, b.mlp, b.d_x, b.u, b.d_u, below_down ? b.d_mlp : nullptr);
  if (!below_down) return;
  swiglu_backward({rows, wide, s.gate_up, b.d_mlp, s.gate_up});

  const bool below_gate_up = p.scope.trains_below(l, Field::gate_up);
  if (d.gate_up || d.gate_up_adapter.a) normalize(c, rows, s.x_mid, w.mlp_norm, b.normed, nullptr);
  weight_gradient(rows, c.hidden, 2 * wide, s.gate_up, b.normed, d.gate_up, nullptr);
  if (below_gate_up) input_gradient(rows, c.hidden, 2 * wide, s.gate_up, w.gate_up, b.d_normed);
  backward_adapters(p.scope, p.scope.gate_up, adapters.gate_up_adapter, d.gate_up_adapter, rows, b.normed, s.gate_up, b.u, b.d_u,
                    below_gate_up ? b.d_normed : nullptr);
  if (below_gate_up) rmsnorm_backward({rows, c.hidden, s.x_mid, w.mlp_norm, s.rstd_mid, b.d_normed, b.d_x, d.mlp_norm, b.rmsnorm});
}

void backward_attention(const TrainPass& p, int64_t l) {
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  const SavedLayer& s = b.layers[l];
  const LayerWeights<Real>&w = p.model.weights.layers[l], &adapters = p.trained.layers[l];
  const LayerWeights<float>& d = p.gradients.layers[l];
  const int64_t rows = p.batch.tokens;
  const bool heads = p.scope.mode == LS_TRAIN_HEADS;

  const bool below_o = p.scope.trains_below(l, Field::o);
  if (heads) backward_o_slices(c, p.scope, l, rows, s.o, b.d_x, d);
  else weight_gradient(rows, c.q_width(), c.hidden, b.d_x, s.o, d.o, nullptr);
  if (below_o) input_gradient(rows, c.q_width(), c.hidden, b.d_x, w.o, b.d_o);
  backward_adapters(p.scope, p.scope.o, adapters.o_adapter, d.o_adapter, rows, s.o, b.d_x, b.u, b.d_u, below_o ? b.d_o : nullptr);
  if (!below_o) return;
  Real *d_k = b.d_qkv + c.q_width(), *d_v = d_k + c.kv_width();
  attention_backward({attention(c, l, p.batch, b.inputs, s.qkv, s.o, s.lse), b.d_o, b.d_qkv, d_k, d_v, b.attention, !b.atomics});
  rotate(c, p.rope, rows, b.inputs.position, b.d_qkv, true);

  const bool below_qkv = p.scope.trains_below(l, Field::qkv);
  if (d.qkv || d.qkv_adapter.a) normalize(c, rows, s.x, w.attention_norm, b.normed, nullptr);
  if (heads) backward_qkv_slices(c, p.scope, l, rows, b.normed, b.d_qkv, d);
  else weight_gradient(rows, c.hidden, c.qkv_width(), b.d_qkv, b.normed, d.qkv, d.qkv_bias);
  if (below_qkv) input_gradient(rows, c.hidden, c.qkv_width(), b.d_qkv, w.qkv, b.d_normed);
  backward_adapters(p.scope, p.scope.qkv, adapters.qkv_adapter, d.qkv_adapter, rows, b.normed, b.d_qkv, b.u, b.d_u, below_qkv ? b.d_normed : nullptr);
  if (below_qkv) rmsnorm_backward({rows, c.hidden, s.x, w.attention_norm, s.rstd, b.d_normed, b.d_x, d.attention_norm, b.rmsnorm});
}

}  // namespace

void forward_and_backward(const TrainPass& p) {
  if (p.batch.labelled.empty()) return;
  const Config& c = p.model.config;
  const TrainBuffers& b = p.buffers;
  embedding_forward({p.batch.tokens, c.hidden, b.inputs.ids, p.model.weights.embedding, b.layers[0].x});
  for (int64_t l = 0; l < c.layers; l++) forward_layer(p, l, l + 1 < c.layers ? b.layers[l + 1].x : b.x);
  head(p);
  for (int64_t l = c.layers - 1; l >= p.scope.lowest_layer(); l--) {
    restore_layer(p, l);
    backward_feed_forward(p, l);
    if (p.scope.trains_below(l, Field::gate_up)) backward_attention(p, l);
  }
  if (p.gradients.embedding)
    embedding_backward({p.batch.tokens, c.hidden, c.vocabulary, b.inputs.ids, b.d_x, p.gradients.embedding, b.inputs.order});
}

}  // namespace ls::LS_BACKEND
