#include "model/activations.h"

#include <algorithm>

#include "ops/attention/attention.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/rmsnorm/rmsnorm.h"

namespace ls::LS_BACKEND {

int64_t logit_chunk(const Config& c) { return std::max<int64_t>(1, (64 << 20) / 4 / c.vocabulary); }

void PassBuffers::lay_out_activations(Layout& layout, const Config& c, int64_t tokens) {
  const int64_t wide = std::min(tokens, kFeedForwardRows);
  inputs.lay_out(layout, tokens);
  rows = layout.take<int64_t>(tokens);
  x = layout.take<Real>(elements(tokens, c.hidden));
  normed = layout.take<Real>(elements(tokens, c.hidden));
  qkv = layout.take<Real>(elements(tokens, c.qkv_width()));
  o = layout.take<Real>(elements(tokens, c.q_width()));
  lse = layout.take<float>(elements(c.heads, tokens));
  gate_up = layout.take<Real>(elements(wide, 2 * c.intermediate));
  mlp = layout.take<Real>(elements(wide, c.intermediate));
}

void PassBuffers::lay_out_workspace(Layout& layout, const Config& c, int64_t tokens) {
  head = layout.take<float>(elements(tokens, c.head_dim));
  logits = kDevice ? layout.take<float>(elements(std::min(tokens, logit_chunk(c)), c.vocabulary)) : nullptr;
  cross_entropy = layout.take<float>(cross_entropy_workspace(tokens, c.hidden, c.vocabulary));
  loss = layout.take<double>(1);
}

void TrainBuffers::lay_out_activations(Layout& layout, const Config& c, int64_t tokens) {
  inputs.lay_out(layout, tokens);
  layers.assign(c.layers, {});
  for (SavedLayer& layer : layers) {
    layer.x = layout.take<Real>(elements(tokens, c.hidden));
    layer.rstd = layout.take<float>(tokens);
    layer.qkv = layout.take<Real>(elements(tokens, c.qkv_width()));
    layer.o = layout.take<Real>(elements(tokens, c.q_width()));
    layer.lse = layout.take<float>(elements(c.heads, tokens));
    layer.x_mid = layout.take<Real>(elements(tokens, c.hidden));
    layer.rstd_mid = layout.take<float>(tokens);
    layer.gate_up = layout.take<Real>(elements(tokens, 2 * c.intermediate));
  }
  x = layout.take<Real>(elements(tokens, c.hidden));
  rstd = layout.take<float>(tokens);
}

void TrainBuffers::lay_out_workspace(Layout& layout, const Config& c, int64_t tokens) {
  const int64_t starts[] = {0, tokens};
  const AttentionShape shape{tokens, c.heads, c.kv_heads, c.head_dim, 1, starts, 0, 1.0f};
  normed = layout.take<Real>(elements(tokens, c.hidden));
  mlp = layout.take<Real>(elements(tokens, c.intermediate));
  labelled = layout.take<Real>(elements(tokens, c.hidden));
  d_x = layout.take<Real>(elements(tokens, c.hidden));
  d_normed = layout.take<Real>(elements(tokens, c.hidden));
  d_o = layout.take<Real>(elements(tokens, c.q_width()));
  d_qkv = layout.take<Real>(elements(tokens, c.qkv_width()));
  d_mlp = layout.take<Real>(elements(tokens, c.intermediate));
  attention = layout.take<float>(attention_backward_workspace(shape));
  rmsnorm = layout.take<float>(rmsnorm_backward_workspace(tokens, c.hidden));
  cross_entropy = layout.take<float>(cross_entropy_workspace(tokens, c.hidden, c.vocabulary));
  loss = layout.take<double>(1);
}

void StepBuffers::lay_out(Layout& layout, const Config& c, int64_t sequences, int64_t capacity) {
  ids = layout.take<int32_t>(sequences);
  position = layout.take<int32_t>(sequences);
  length = layout.take<int64_t>(sequences);
  next = layout.take<int32_t>(sequences);
  k = layout.take<Real*>(elements(c.layers, sequences));
  v = layout.take<Real*>(elements(c.layers, sequences));
  x = layout.take<Real>(elements(sequences, c.hidden));
  normed = layout.take<Real>(elements(sequences, c.hidden));
  qkv = layout.take<Real>(elements(sequences, c.qkv_width()));
  o = layout.take<Real>(elements(sequences, c.q_width()));
  gate_up = layout.take<Real>(elements(sequences, 2 * c.intermediate));
  mlp = layout.take<Real>(elements(sequences, c.intermediate));
  head = layout.take<float>(elements(sequences, c.head_dim));
  logits = layout.take<float>(elements(sequences, c.vocabulary));
  attention = layout.take<float>(attention_decode_workspace(sequences, c.heads, c.head_dim, capacity));
}

}  // namespace ls::LS_BACKEND
