#include "model/decode.h"

#include <algorithm>
#include <utility>

#include "model/edits.h"
#include "model/layer.h"
#include "model/probe.h"
#include "ops/embedding/embedding.h"
#include "ops/linear/linear.h"
#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

namespace {

std::vector<CacheView> lay_out_caches(Layout& layout, const Config& c, int64_t sequences, int64_t capacity) {
  std::vector<CacheView> caches(sequences);
  for (CacheView& cache : caches) {
    cache.k = layout.take<Real>(elements(c.layers, c.kv_width(), capacity));
    cache.v = layout.take<Real>(elements(c.layers, c.kv_width(), capacity));
    cache.capacity = capacity;
  }
  return caches;
}

}  // namespace

int64_t Decoder::cache_bytes(const Config& config, int64_t sequences, int64_t capacity) {
  if (sequences == 0 || capacity == 0) return 0;
  elements(sequences, config.layers, config.kv_width(), capacity, 2);
  Layout layout;
  lay_out_caches(layout, config, sequences, capacity);
  return layout.bytes();
}

int64_t Decoder::step_bytes(const Config& config, int64_t sequences, int64_t capacity) {
  if (sequences == 0) return 0;
  Layout layout;
  StepBuffers{}.lay_out(layout, config, sequences, capacity);
  return layout.bytes();
}

Decoder::Decoder(std::shared_ptr<const Model> model, int64_t sequences, int64_t capacity) : model_(std::move(model)), capacity_(capacity) {
  require(sequences >= 1 && sequences <= 1 << 20, "decoder: expected 1 to ", 1 << 20, " sequences but found ", sequences);
  require(capacity >= 1 && capacity <= INT32_MAX, "decoder: expected a capacity from 1 to ", INT32_MAX, " tokens but found ", capacity);
  const Config& c = model_->config;
  const int64_t rope = RopeCache::bytes(c, capacity);
  arena_.reserve(cache_bytes(c, sequences, capacity) + step_bytes(c, sequences, capacity),
                 sentence("a decoder of ", sequences, " x ", capacity, " tokens (and ", human_bytes(rope), " of rotary tables)"));
  Layout real(arena_);
  caches_ = lay_out_caches(real, c, sequences, capacity);
  step_.lay_out(real, c, sequences, capacity);
  lengths_.assign(sequences, 0);
  space_.rope.prepare(c, capacity);
}

int64_t Decoder::length(int64_t sequence) const {
  return sequence >= 0 && sequence < static_cast<int64_t>(lengths_.size()) ? lengths_[sequence] : -1;
}

void Decoder::prefill(int64_t sequence, const int32_t* ids, int64_t count, const ls_pass& pass, int32_t* next) {
  require(length(sequence) >= 0, "prefill: expected a sequence from 0 to ", lengths_.size() - 1, " but found ", sequence);
  require(count >= 1 && count <= capacity_, "prefill: expected a prompt of 1 to ", capacity_, " tokens (the decoder's capacity) but found ", count);
  ls_batch prompt{};
  prompt.tokens = count;
  prompt.ids = ids;
  prompt.documents = 1;
  require(!pass.loss, "prefill: a loss needs labels, use a forward pass");
  DecoderWants wants;
  wants.cache = &caches_[sequence];
  wants.rope_length = capacity_;
  wants.next_logits = next ? step_.logits : nullptr;
  const Batch batch = checked(prompt, model_->config);
  lengths_[sequence] = 0;
  forward(*model_, space_, batch, pass, wants);
  lengths_[sequence] = count;
  if (!next) return;
  greedy(1);
  download_all(next, step_.next, 1);
}

void Decoder::truncate(int64_t sequence, int64_t to) {
  require(length(sequence) >= 0, "truncate: expected a sequence from 0 to ", lengths_.size() - 1, " but found ", sequence);
  require(to >= 0 && to <= lengths_[sequence], "truncate: sequence ", sequence, " has ", lengths_[sequence], " tokens: expected 0 to that but found ", to);
  lengths_[sequence] = to;  // what lies behind is written over
}

void Decoder::check_step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass) const {
  const int64_t vocabulary = model_->config.vocabulary;
  require(count >= 1 && count <= static_cast<int64_t>(lengths_.size()), "step: expected 1 to ", lengths_.size(), " sequences but found ", count);
  require(sequence && ids, "step: sequence or ids is NULL");
  std::vector<bool> seen(lengths_.size());
  for (int64_t i = 0; i < count; i++) {
    const int64_t s = sequence[i];
    require(length(s) >= 0, "step: expected a sequence from 0 to ", lengths_.size() - 1, " but found ", s);
    require(!seen[s], "step: sequence ", s, " is named twice");
    seen[s] = true;
    require(lengths_[s] < capacity_, "step: sequence ", s, " is full, its capacity is ", capacity_, " tokens");
    require(ids[i] >= 0 && ids[i] < vocabulary, "step: expected token ", i, " to be below the vocabulary of ", vocabulary, " but found ", ids[i]);
    if (pass.probe) check_step_probe(pass.probe[i], s, lengths_[s] + 1);
  }
  check_edits(model_->config, pass, true);
  require(!pass.loss, "step: a loss needs labels, use a forward pass");
}

void Decoder::fill_caches(int64_t count, const int64_t* sequence) {
  if (std::equal(filled_.begin(), filled_.end(), sequence, sequence + count)) return;
  const Config& c = model_->config;
  std::vector<Real*> k, v;
  for (int64_t l = 0; l < c.layers; l++)
    for (int64_t i = 0; i < count; i++) {
      const CacheView& cache = caches_[sequence[i]];
      k.push_back(cache.k + l * c.kv_width() * capacity_);
      v.push_back(cache.v + l * c.kv_width() * capacity_);
    }
  upload_all(step_.k, k.data(), c.layers * count);
  upload_all(step_.v, v.data(), c.layers * count);
  filled_.assign(sequence, sequence + count);
}

int64_t Decoder::fill_step(int64_t count, const int64_t* sequence, const int32_t* ids) {
  std::vector<int32_t> position(count);
  std::vector<int64_t> length(count);
  for (int64_t i = 0; i < count; i++) {
    position[i] = static_cast<int32_t>(lengths_[sequence[i]]);
    length[i] = lengths_[sequence[i]] + 1;
  }
  upload_all(step_.ids, ids, count);
  upload_all(step_.position, position.data(), count);
  upload_all(step_.length, length.data(), count);
  fill_caches(count, sequence);
  // Attention's grid follows the longest sequence: in powers of two it is the same from step to step, for at most twice the runs, some without keys.
  int64_t longest = 128;
  while (longest < *std::max_element(length.begin(), length.end())) longest *= 2;
  return std::min(longest, capacity_);
}

void Decoder::greedy(int64_t count) { argmax_rows({count, model_->config.vocabulary, step_.logits, step_.next}); }

void Decoder::launch_step(int64_t count, int64_t longest, const ls_pass& pass, bool logits, bool next) {
  const Config& c = model_->config;
  const StepBuffers& b = step_;
  const EditedRows edited{count, b.position, nullptr, b.head};
  embedding_forward({count, c.hidden, b.ids, model_->weights.embedding, b.x});
  for (int64_t l = 0; l < c.layers; l++) {
    const LayerWeights<Real>& w = model_->weights.layers[l];
    Real *const *k = b.k + l * count, *const *v = b.v + l * count;
    normalize(c, count, b.x, w.attention_norm, b.normed, nullptr);
    project_qkv(c, w, count, b.normed, b.qkv);
    rotate(c, space_.rope, count, b.position, b.qkv, false);
    append_to_cache({count, c.kv_heads, c.head_dim, b.qkv + c.q_width(), c.qkv_width(), k, capacity_, b.length});
    append_to_cache({count, c.kv_heads, c.head_dim, b.qkv + c.q_width() + c.kv_width(), c.qkv_width(), v, capacity_, b.length});
    edit_queries(c, pass, l, edited, b.qkv);
    attention_decode({count, c.heads, c.kv_heads, c.head_dim, c.windows[l], c.attention_scale(), b.qkv, c.qkv_width(), k, v, capacity_, b.length, b.o,
                      probes_.layer(l), longest, b.attention});
    edit_outputs(c, pass, l, edited, b.o);
    add_attention_output(c, w, count, b.o, b.x);
    normalize(c, count, b.x, w.mlp_norm, b.normed, nullptr);
    add_feed_forward(c, w, count, b.normed, b.gate_up, b.mlp, b.x);
  }
  if (!logits) return;
  normalize(c, count, b.x, model_->weights.norm, b.normed, nullptr);
  linear_logits({count, c.hidden, c.vocabulary, b.normed, c.hidden, model_->weights.head, b.logits, c.vocabulary});
  if (next) greedy(count);
}

void Decoder::step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass, int32_t* next) {
  check_step(count, sequence, ids, pass);
  const Config& c = model_->config;
  probes_.open(c, count, pass.probe);
  const int64_t longest = fill_step(count, sequence, ids);
  const bool logits = next || pass.logits;
  const auto launches = [&] { launch_step(count, longest, pass, logits, next); };
  if (launches_only(pass)) {
    std::vector<int64_t> key = {count, longest, logits, next != nullptr, reinterpret_cast<intptr_t>(probes_.layer(0))};
    for (int64_t i = 0; i < pass.edit_count; i++) {
      const ls_edit& edit = pass.edits[i];
      key.insert(key.end(), {edit.layer, edit.head, edit.kind, edit.first_row});
    }
    graphs_.run(key, launches);
  } else {
    launches();
  }
  for (int64_t i = 0; i < count; i++) lengths_[sequence[i]]++;
  probes_.close(c);
  if (pass.logits) download_all(pass.logits, step_.logits, count * c.vocabulary);
  if (next) download_all(next, step_.next, count);
}

}  // namespace ls::LS_BACKEND
