#include "model/activations.h"

#include <algorithm>

#include "ops/attention/attention.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/rmsnorm/rmsnorm.h"

namespace ls {

void PassBuffers::lay_out_activations(Layout& layout, const Config& c, int64_t tokens) {
  const int64_t rows = std::min(tokens, kFeedForwardRows);
  position = layout.take<int32_t>(tokens);
  x = layout.take<float>(elements(tokens, c.hidden));
  normed = layout.take<float>(elements(tokens, c.hidden));
  qkv = layout.take<float>(elements(tokens, c.qkv_width()));
  o = layout.take<float>(elements(tokens, c.q_width()));
  lse = layout.take<float>(elements(c.heads, tokens));
  gate_up = layout.take<float>(elements(rows, 2 * c.intermediate));
  mlp = layout.take<float>(elements(rows, c.intermediate));
}

void PassBuffers::lay_out_workspace(Layout& layout, const Config& c, int64_t tokens) {
  cross_entropy = layout.take<float>(cpu::cross_entropy_workspace(tokens, c.hidden, c.vocabulary));
}

void TrainBuffers::lay_out_activations(Layout& layout, const Config& c, int64_t tokens) {
  position = layout.take<int32_t>(tokens);
  layers.assign(c.layers, {});
  for (SavedLayer& layer : layers) {
    layer.x = layout.take<float>(elements(tokens, c.hidden));
    layer.rstd = layout.take<float>(tokens);
    layer.qkv = layout.take<float>(elements(tokens, c.qkv_width()));
    layer.o = layout.take<float>(elements(tokens, c.q_width()));
    layer.lse = layout.take<float>(elements(c.heads, tokens));
    layer.x_mid = layout.take<float>(elements(tokens, c.hidden));
    layer.rstd_mid = layout.take<float>(tokens);
    layer.gate_up = layout.take<float>(elements(tokens, 2 * c.intermediate));
  }
  x = layout.take<float>(elements(tokens, c.hidden));
  rstd = layout.take<float>(tokens);
}

void TrainBuffers::lay_out_workspace(Layout& layout, const Config& c, int64_t tokens) {
  const int64_t starts[] = {0, tokens};
  const AttentionShape shape{tokens, c.heads, c.kv_heads, c.head_dim, 1, starts, 0, 1.0f};
  normed = layout.take<float>(elements(tokens, c.hidden));
  mlp = layout.take<float>(elements(tokens, c.intermediate));
  labelled = layout.take<float>(elements(tokens, c.hidden));
  d_x = layout.take<float>(elements(tokens, c.hidden));
  d_normed = layout.take<float>(elements(tokens, c.hidden));
  d_o = layout.take<float>(elements(tokens, c.q_width()));
  d_qkv = layout.take<float>(elements(tokens, c.qkv_width()));
  d_mlp = layout.take<float>(elements(tokens, c.intermediate));
  attention = layout.take<float>(cpu::attention_backward_workspace(shape));
  rmsnorm = layout.take<float>(cpu::rmsnorm_backward_workspace(tokens, c.hidden));
  cross_entropy = layout.take<float>(cpu::cross_entropy_workspace(tokens, c.hidden, c.vocabulary));
}

void StepBuffers::lay_out(Layout& layout, const Config& c, int64_t sequences) {
  position = layout.take<int32_t>(sequences);
  x = layout.take<float>(elements(sequences, c.hidden));
  normed = layout.take<float>(elements(sequences, c.hidden));
  qkv = layout.take<float>(elements(sequences, c.qkv_width()));
  o = layout.take<float>(elements(sequences, c.q_width()));
  gate_up = layout.take<float>(elements(sequences, 2 * c.intermediate));
  mlp = layout.take<float>(elements(sequences, c.intermediate));
  logits = layout.take<float>(elements(sequences, c.vocabulary));
}

}  // namespace ls
