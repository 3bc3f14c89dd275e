#include "model/decode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "model/edits.h"
#include "model/layer.h"
#include "model/probe.h"
#include "ops/embedding/embedding.h"
#include "ops/linear/linear.h"

namespace ls {

namespace {

std::vector<CacheView> lay_out_caches(Layout& layout, const Config& c, int64_t sequences, int64_t capacity) {
  std::vector<CacheView> caches(sequences);
  for (CacheView& cache : caches) {
    cache.k = layout.take<float>(elements(c.layers, c.kv_width(), capacity));
    cache.v = layout.take<float>(elements(c.layers, c.kv_width(), capacity));
    cache.capacity = capacity;
  }
  return caches;
}

}  // namespace

int64_t argmax(const float* values, int64_t count) {
  // The maximum first, a loop the compiler turns into vectors; then the first place that has it.
  constexpr int kLanes = 16;
  float best[kLanes];
  std::fill_n(best, kLanes, -std::numeric_limits<float>::infinity());
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; lane++) best[lane] = values[i + lane] > best[lane] ? values[i + lane] : best[lane];
  float highest = *std::max_element(best, best + kLanes);
  for (; i < count; i++) highest = values[i] > highest ? values[i] : highest;
  const int64_t at = std::find(values, values + count, highest) - values;
  return at < count ? at : 0;  // nothing but NaN
}

int64_t Decoder::cache_bytes(const Config& config, int64_t sequences, int64_t capacity) {
  if (sequences == 0 || capacity == 0) return 0;
  elements(sequences, config.layers, config.kv_width(), capacity, 2);
  Layout layout;
  lay_out_caches(layout, config, sequences, capacity);
  return layout.bytes();
}

int64_t Decoder::step_bytes(const Config& config, int64_t sequences) {
  if (sequences == 0) return 0;
  Layout layout;
  StepBuffers{}.lay_out(layout, config, sequences);
  return layout.bytes();
}

Decoder::Decoder(std::shared_ptr<const Model> model, int64_t sequences, int64_t capacity) : model_(std::move(model)), capacity_(capacity) {
  require(sequences >= 1 && sequences <= 1 << 20, "decoder: expected 1 to ", 1 << 20, " sequences but found ", sequences);
  require(capacity >= 1 && capacity <= INT32_MAX, "decoder: expected a capacity from 1 to ", INT32_MAX, " tokens but found ", capacity);
  const Config& c = model_->config;
  const int64_t rope = RopeCache::bytes(c, capacity);
  arena_.reserve(cache_bytes(c, sequences, capacity) + step_bytes(c, sequences),
                 sentence("a decoder of ", sequences, " x ", capacity, " tokens (and ", human_bytes(rope), " of rotary tables)"));
  Layout real(arena_);
  caches_ = lay_out_caches(real, c, sequences, capacity);
  step_.lay_out(real, c, sequences);
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
  if (next) *next = static_cast<int32_t>(argmax(step_.logits, model_->config.vocabulary));
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

float* Decoder::layer_cache(float* sequence_cache, int64_t layer) const {
  return sequence_cache + layer * model_->config.kv_width() * capacity_;
}

void Decoder::append(int64_t count, const int64_t* sequence, int64_t layer) {
  const Config& c = model_->config;
  for (int64_t i = 0; i < count; i++) {
    const CacheView& cache = caches_[sequence[i]];
    const float *k = step_.qkv + i * c.qkv_width() + c.q_width(), *v = k + c.kv_width();
    for (int64_t h = 0; h < c.kv_heads; h++) {
      const int64_t to = (h * capacity_ + lengths_[sequence[i]]) * c.head_dim;
      std::copy_n(k + h * c.head_dim, c.head_dim, layer_cache(cache.k, layer) + to);
      std::copy_n(v + h * c.head_dim, c.head_dim, layer_cache(cache.v, layer) + to);
    }
  }
}

void Decoder::step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass, int32_t* next) {
  check_step(count, sequence, ids, pass);
  const Config& c = model_->config;
  const StepBuffers& b = step_;
  std::vector<int64_t> seen(count);  // keys each row sees
  for (int64_t i = 0; i < count; i++) {
    b.position[i] = static_cast<int32_t>(lengths_[sequence[i]]);
    seen[i] = lengths_[sequence[i]] + 1;
  }
  const EditedRows edited{count, b.position, nullptr};
  std::vector<const float*> k(count), v(count);
  std::vector<AttentionDecode<float>::Statistics> statistics(pass.probe ? count : 0);

  cpu::embedding_forward({count, c.hidden, ids, model_->weights.embedding, b.x});
  for (int64_t l = 0; l < c.layers; l++) {
    const LayerWeights& w = model_->weights.layers[l];
    normalize(c, count, b.x, w.attention_norm, b.normed, nullptr);
    project_qkv(c, w, count, b.normed, b.qkv);
    rotate(c, space_.rope, count, b.position, b.qkv, false);
    append(count, sequence, l);
    edit_queries(c, pass, l, edited, b.qkv);
    for (int64_t i = 0; i < count; i++) {
      k[i] = layer_cache(caches_[sequence[i]].k, l);
      v[i] = layer_cache(caches_[sequence[i]].v, l);
      if (pass.probe) statistics[i] = step_statistics(c, pass.probe[i], l);
    }
    cpu::attention_decode({count, c.heads, c.kv_heads, c.head_dim, c.windows[l], c.attention_scale(), b.qkv, c.qkv_width(), k.data(), v.data(),
                           capacity_, seen.data(), b.o, pass.probe ? statistics.data() : nullptr});
    edit_outputs(c, pass, l, edited, b.o);
    add_attention_output(c, w, count, b.o, b.x);
    normalize(c, count, b.x, w.mlp_norm, b.normed, nullptr);
    add_feed_forward(c, w, count, b.normed, b.gate_up, b.mlp, b.x);
  }
  for (int64_t i = 0; i < count; i++) lengths_[sequence[i]]++;
  if (!next && !pass.logits) return;
  normalize(c, count, b.x, model_->weights.norm, b.normed, nullptr);
  float* logits = pass.logits ? pass.logits : b.logits;
  cpu::linear_forward({count, c.hidden, c.vocabulary, b.normed, c.hidden, model_->weights.head, nullptr, logits, c.vocabulary, 0.0f});
  if (next)
    for (int64_t i = 0; i < count; i++) next[i] = static_cast<int32_t>(argmax(logits + i * c.vocabulary, c.vocabulary));
}

}  // namespace ls
