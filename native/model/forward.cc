#include "model/forward.h"

#include <algorithm>

#include "model/activations.h"
#include "model/edits.h"
#include "model/layer.h"
#include "model/probe.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/embedding/embedding.h"
#include "ops/linear/linear.h"
#include "runtime/threads.h"

namespace ls {

namespace {

void check_pass(const Config& config, const Batch& batch, const ls_pass& pass, bool decoder) {
  check_edits(config, pass, decoder);
  if (pass.probe) check_probe(*pass.probe, batch.tokens);
  require(pass.logit_rows >= 0 && (pass.logit_rows == 0 || (pass.logit_row && pass.logits)), "logits: expected ", pass.logit_rows,
          " rows but logit_row or logits is NULL");
  for (int64_t i = 0; i < pass.logit_rows; i++)
    require(pass.logit_row[i] >= 0 && pass.logit_row[i] < batch.tokens, "logits: expected row ", i, " from 0 to ", batch.tokens - 1, " but found ",
            pass.logit_row[i]);
  require(!pass.loss || batch.weight_sum > 0, "loss: expected a batch with labels but no token of it has a loss (labels, weights)");
}

PassBuffers lay_out(Layout& layout, const Config& config, int64_t tokens) {
  PassBuffers b;
  b.lay_out_activations(layout, config, tokens);
  b.lay_out_workspace(layout, config, tokens);
  return b;
}

// Rows whose final state something asks for: ascending, each once.
std::vector<int64_t> wanted_rows(const Batch& batch, const ls_pass& pass, const DecoderWants& wants) {
  std::vector<int64_t> rows(pass.logit_row, pass.logit_row + pass.logit_rows);
  if (pass.loss) rows.insert(rows.end(), batch.labelled.begin(), batch.labelled.end());
  if (wants.next_logits) rows.push_back(batch.tokens - 1);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

void fill_cache(const Config& c, int64_t layer, int64_t tokens, const float* qkv, const CacheView& cache) {
  parallel_for(c.kv_heads, [&](int64_t h) {
    const int64_t to = (layer * c.kv_heads + h) * cache.capacity * c.head_dim;
    const float *k = qkv + c.q_width() + h * c.head_dim, *v = k + c.kv_width();
    for (int64_t t = 0; t < tokens; t++) {
      std::copy_n(k + t * c.qkv_width(), c.head_dim, cache.k + to + t * c.head_dim);
      std::copy_n(v + t * c.qkv_width(), c.head_dim, cache.v + to + t * c.head_dim);
    }
  });
}

// The feed-forward network over blocks of rows.
void feed_forward(const Config& c, const LayerWeights& w, int64_t rows, const PassBuffers& b) {
  for (int64_t first = 0; first < rows; first += kFeedForwardRows) {
    const int64_t count = std::min(kFeedForwardRows, rows - first);
    float* x = b.x + first * c.hidden;
    normalize(c, count, x, w.mlp_norm, b.normed, nullptr);
    add_feed_forward(c, w, count, b.normed, b.gate_up, b.mlp, x);
  }
}

// Logits and loss from the states of the wanted rows in b.x, which are used up.
void head(const Model& model, const Batch& batch, const ls_pass& pass, const DecoderWants& wants, const std::vector<int64_t>& wanted,
          const PassBuffers& b) {
  const Config& c = model.config;
  const int64_t count = static_cast<int64_t>(wanted.size());
  normalize(c, count, b.x, model.weights.norm, b.normed, nullptr);
  const auto places = [&](const int64_t* rows, int64_t n) {  // of rows among the wanted
    std::vector<int64_t> place(n);
    for (int64_t i = 0; i < n; i++) place[i] = std::lower_bound(wanted.begin(), wanted.end(), rows[i]) - wanted.begin();
    return place;
  };
  const auto logits = [&](int64_t rows, const float* x, float* y) {
    cpu::linear_forward({rows, c.hidden, c.vocabulary, x, c.hidden, model.weights.head, nullptr, y, c.vocabulary, 0.0f});
  };
  const std::vector<int64_t> place = places(pass.logit_row, pass.logit_rows);
  for (int64_t first = 0; first < pass.logit_rows; first += batch.tokens) {
    const int64_t rows = std::min(batch.tokens, pass.logit_rows - first);
    gather_rows(b.normed, place.data() + first, rows, c.hidden, b.x);
    logits(rows, b.x, pass.logits + first * c.vocabulary);
  }
  if (wants.next_logits) logits(1, b.normed + (count - 1) * c.hidden, wants.next_logits);
  if (!pass.loss) return;
  const int64_t labelled = static_cast<int64_t>(batch.labelled.size());
  gather_rows(b.normed, places(batch.labelled.data(), labelled).data(), labelled, c.hidden, b.x);
  *pass.loss = 0;
  cpu::linear_cross_entropy({labelled, c.hidden, c.vocabulary, b.x, model.weights.head, batch.label.data(),
                             batch.weight.empty() ? nullptr : batch.weight.data(), batch.weight_sum, nullptr, nullptr, b.cross_entropy, pass.loss});
}

}  // namespace

PassBytes forward_bytes(const Config& config, int64_t tokens) {
  PassBuffers b;
  Layout activations, workspace;
  b.lay_out_activations(activations, config, tokens);
  b.lay_out_workspace(workspace, config, tokens);
  return {activations.bytes(), workspace.bytes()};
}

void forward(const Model& model, PassSpace& space, const Batch& batch, const ls_pass& pass, const DecoderWants& wants) {
  const Config& c = model.config;
  check_pass(c, batch, pass, wants.cache != nullptr);
  Layout plan;
  lay_out(plan, c, batch.tokens);
  space.arena.reserve(plan.bytes(), sentence("a forward pass of ", batch.tokens, " tokens"));
  Layout real(space.arena);
  const PassBuffers b = lay_out(real, c, batch.tokens);
  space.rope.prepare(c, wants.rope_length ? wants.rope_length : batch.longest);
  const std::vector<int64_t> wanted = wanted_rows(batch, pass, wants);
  const EditedRows edited{batch.tokens, nullptr, &batch};

  fill_positions(batch, b.position);
  cpu::embedding_forward({batch.tokens, c.hidden, batch.ids, model.weights.embedding, b.x});
  int64_t rows = batch.tokens;
  for (int64_t l = 0; l < c.layers; l++) {
    const LayerWeights& w = model.weights.layers[l];
    normalize(c, rows, b.x, w.attention_norm, b.normed, nullptr);
    project_qkv(c, w, rows, b.normed, b.qkv);
    rotate(c, space.rope, rows, b.position, b.qkv, false);
    if (wants.cache) fill_cache(c, l, rows, b.qkv, *wants.cache);
    edit_queries(c, pass, l, edited, b.qkv);
    const AttentionForward<float> a = attention(c, l, batch, b.qkv, b.o, b.lse);
    if (pass.probe) probe_layer(*pass.probe, l, a, batch.ids);
    const bool last = l == c.layers - 1;
    if (last && wanted.empty() && !captures(pass, l)) return;
    cpu::attention_forward(a);
    edit_outputs(c, pass, l, edited, b.o);
    if (last) {  // from here on rows no longer meet: only the wanted ones go on. In place, for wanted[i] >= i
      rows = static_cast<int64_t>(wanted.size());
      for (int64_t i = 0; i < rows; i++) {
        std::copy_n(b.x + wanted[i] * c.hidden, c.hidden, b.x + i * c.hidden);
        std::copy_n(b.o + wanted[i] * c.q_width(), c.q_width(), b.o + i * c.q_width());
      }
      if (rows == 0) return;
    }
    add_attention_output(c, w, rows, b.o, b.x);
    feed_forward(c, w, rows, b);
  }
  head(model, batch, pass, wants, wanted, b);
}

}  // namespace ls
