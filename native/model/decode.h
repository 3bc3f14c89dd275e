// Decoding with a KV cache: several sequences, each with keys and values of its own, one new token of each at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/activations.h"
#include "model/forward.h"
#include "model/model.h"

namespace ls {

class Decoder {
 public:
  // Takes the cache and the buffers of a step; those of a prompt are taken by prefill, for its length.
  Decoder(std::shared_ptr<const Model> model, int64_t sequences, int64_t capacity);

  const Model& model() const { return *model_; }
  int64_t length(int64_t sequence) const;  // −1 if there is no such sequence
  void prefill(int64_t sequence, const int32_t* ids, int64_t count, const ls_pass& pass, int32_t* next);
  void step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass, int32_t* next);

  static int64_t cache_bytes(const Config& config, int64_t sequences, int64_t capacity);
  static int64_t step_bytes(const Config& config, int64_t sequences);

 private:
  void check_step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass) const;
  // The layer's keys or values of a sequence: (kv_heads, capacity, head_dim).
  float* layer_cache(float* sequence_cache, int64_t layer) const;
  void append(int64_t count, const int64_t* sequence, int64_t layer);

  const std::shared_ptr<const Model> model_;
  const int64_t capacity_;
  Arena arena_;
  std::vector<CacheView> caches_;
  std::vector<int64_t> lengths_;
  StepBuffers step_;
  PassSpace space_;
};

// The index of the highest value, the lowest of equals. NaN never wins.
int64_t argmax(const float* values, int64_t count);

}  // namespace ls
