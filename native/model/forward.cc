#include "model/forward.h"

#include <algorithm>
#include <utility>

#include "model/activations.h"
#include "model/edits.h"
#include "model/layer.h"
#include "model/probe.h"
#include "ops/crossentropy/crossentropy.h"
#include "ops/embedding/embedding.h"
#include "ops/linear/linear.h"
#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

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

struct Buffers : PassBuffers {
  ProbeBuffers probe;
};

Buffers lay_out(Layout& layout, const Config& config, int64_t tokens, const ls_pass& pass) {
  Buffers b;
  b.lay_out_activations(layout, config, tokens);
  b.lay_out_workspace(layout, config, tokens);
  if (pass.probe) b.probe.lay_out(layout, config, tokens, *pass.probe);
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

void fill_cache(const Config& c, int64_t layer, int64_t tokens, const Real* qkv, const CacheView& cache) {
  const int64_t to = layer * c.kv_width() * cache.capacity;
  const Real *k = qkv + c.q_width(), *v = k + c.kv_width();
  const auto copy = [&](const Real* from, Real* into) {
    copy_strided({tokens, c.head_dim, from, c.qkv_width(), into, c.head_dim, c.kv_heads, c.head_dim, cache.capacity * c.head_dim});
  };
  copy(k, cache.k + to);
  copy(v, cache.v + to);
}

// The feed-forward network over blocks of rows.
void feed_forward(const Config& c, const LayerWeights<Real>& w, int64_t rows, const PassBuffers& b) {
  for (int64_t first = 0; first < rows; first += kFeedForwardRows) {
    const int64_t count = std::min(kFeedForwardRows, rows - first);
    Real* x = b.x + first * c.hidden;
    normalize(c, count, x, w.mlp_norm, b.normed, nullptr);
    add_feed_forward(c, w, count, b.normed, b.gate_up, b.mlp, x);
  }
}

// Rows of `from` (width c.hidden), gathered into `to`.
void gather(const Config& c, const PassBuffers& b, const Real* from, const int64_t* row, int64_t count, Real* to) {
  upload_all(b.rows, row, count);
  gather_rows({count, c.hidden, from, b.rows, to});
}

// fp32 logits of normed states, to the caller.
void give_logits(const Model& model, int64_t rows, const Real* normed, const PassBuffers& b, float* to) {
  const Config& c = model.config;
  const int64_t chunk = kDevice ? logit_chunk(c) : rows;
  for (int64_t first = 0; first < rows; first += chunk) {
    const int64_t count = std::min(chunk, rows - first);
    float* here = kDevice ? b.logits : to + first * c.vocabulary;
    linear_logits({count, c.hidden, c.vocabulary, normed + first * c.hidden, c.hidden, model.weights.head, here, c.vocabulary});
    if (kDevice) download_all(to + first * c.vocabulary, here, count * c.vocabulary);
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
  const std::vector<int64_t> place = places(pass.logit_row, pass.logit_rows);
  for (int64_t first = 0; first < pass.logit_rows; first += batch.tokens) {
    const int64_t rows = std::min(batch.tokens, pass.logit_rows - first);
    gather(c, b, b.normed, place.data() + first, rows, b.x);
    give_logits(model, rows, b.x, b, pass.logits + first * c.vocabulary);
  }
  if (wants.next_logits)
    linear_logits({1, c.hidden, c.vocabulary, b.normed + (count - 1) * c.hidden, c.hidden, model.weights.head, wants.next_logits, c.vocabulary});
  if (!pass.loss) return;
  const int64_t labelled = static_cast<int64_t>(batch.labelled.size());
  gather(c, b, b.normed, places(batch.labelled.data(), labelled).data(), labelled, b.x);
  fill_zero(b.loss, sizeof(double));
  linear_cross_entropy({labelled, c.hidden, c.vocabulary, b.x, model.weights.head, b.inputs.label, b.inputs.weighted ? b.inputs.weight : nullptr,
                        batch.weight_sum, nullptr, nullptr, b.cross_entropy, b.loss});
  download_all(pass.loss, b.loss, 1);
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
  lay_out(plan, c, batch.tokens, pass);
  space.arena.reserve(plan.bytes(), sentence("a forward pass of ", batch.tokens, " tokens"));
  Layout real(space.arena);
  Buffers b = lay_out(real, c, batch.tokens, pass);
  space.rope.prepare(c, wants.rope_length ? wants.rope_length : batch.longest);
  const std::vector<int64_t> wanted = wanted_rows(batch, pass, wants);
  const EditedRows edited{batch.tokens, nullptr, &batch, b.head};

  b.inputs.fill(batch, false);
  if (pass.probe) b.probe.fill(*pass.probe);
  embedding_forward({batch.tokens, c.hidden, b.inputs.ids, model.weights.embedding, b.x});
  int64_t rows = batch.tokens;
  for (int64_t l = 0; l < c.layers; l++) {
    const LayerWeights<Real>& w = model.weights.layers[l];
    normalize(c, rows, b.x, w.attention_norm, b.normed, nullptr);
    project_qkv(c, w, rows, b.normed, b.qkv);
    rotate(c, space.rope, rows, b.inputs.position, b.qkv, false);
    if (wants.cache) fill_cache(c, l, rows, b.qkv, *wants.cache);
    edit_queries(c, pass, l, edited, b.qkv);
    const AttentionForward<Real> a = attention(c, l, batch, b.inputs, b.qkv, b.o, b.lse);
    if (pass.probe) probe_layer(*pass.probe, l, a, b.inputs.ids, b.probe);
    const bool last = l == c.layers - 1;
    if (last && wanted.empty() && !captures(pass, l)) return;
    attention_forward(a);
    edit_outputs(c, pass, l, edited, b.o);
    const Real* o = b.o;
    if (last) {  // from here on rows no longer meet: only the wanted ones go on
      rows = static_cast<int64_t>(wanted.size());
      if (rows == 0) return;
      gather(c, b, b.x, wanted.data(), rows, b.normed);
      std::swap(b.x, b.normed);
      gather_rows({rows, c.q_width(), b.o, b.rows, b.qkv});
      o = b.qkv;
    }
    add_attention_output(c, w, rows, o, b.x);
    feed_forward(c, w, rows, b);
  }
  head(model, batch, pass, wants, wanted, b);
}

}  // namespace ls::LS_BACKEND
