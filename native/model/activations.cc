#include "model/activations.h"

#include <algorithm>

#include "ops/attention/attention.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/rmsnorm/rmsnorm.h"

namespace ls::LS_BACKEND {

std::vector<int32_t> recompute_levels(const Config& c, const int32_t* recompute) {
  std::vector<int32_t> levels(c.layers, LS_KEEP_ALL);
  if (recompute) levels.assign(recompute, recompute + c.layers);
  for (int64_t l = 0; l < c.layers; l++)
    require(levels[l] >= LS_KEEP_ALL && levels[l] <= LS_RECOMPUTE_SELECTIVE, "training: expected recompute of layer ", l,
            " from 0 (keep all) to 2 (selective) but found ", levels[l]);
  return levels;
}

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
  const auto take_attention = [&](SavedLayer& s) {
    s.rstd = layout.take<float>(tokens);
    s.qkv = layout.take<Real>(elements(tokens, c.qkv_width()));
    s.x_mid = layout.take<Real>(elements(tokens, c.hidden));
    s.rstd_mid = layout.take<float>(tokens);
  };
  const auto take_gate_up = [&](SavedLayer& s) { s.gate_up = layout.take<Real>(elements(tokens, 2 * c.intermediate)); };
  SavedLayer shared{};
  const int32_t most = *std::max_element(levels.begin(), levels.end());
  if (most >= LS_RECOMPUTE_SELECTIVE) take_attention(shared);
  if (most >= LS_RECOMPUTE_MLP) take_gate_up(shared);
  const auto take_always = [&](SavedLayer& s) {
    s.x = layout.take<Real>(elements(tokens, c.hidden));
    s.o = layout.take<Real>(elements(tokens, c.q_width()));
    s.lse = layout.take<float>(elements(c.heads, tokens));
  };
  if (lowest > 0) {
    SavedLayer& below = layers[0];
    take_always(below);
    take_attention(below);
    take_gate_up(below);
    std::fill(layers.begin() + 1, layers.begin() + lowest, below);
  }
  for (int64_t l = lowest; l < c.layers; l++) {
    SavedLayer& layer = layers[l];
    layer = shared;
    take_always(layer);
    if (levels[l] < LS_RECOMPUTE_SELECTIVE) take_attention(layer);
    if (levels[l] < LS_RECOMPUTE_MLP) take_gate_up(layer);
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
  u = layout.take<Real>(elements(tokens, adapter_width));
  d_u = layout.take<Real>(elements(tokens, adapter_width));
  attention = layout.take<float>(attention_backward_workspace(shape, !atomics));
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
