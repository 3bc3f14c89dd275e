// Decoding with a KV cache: several sequences, each with keys and values of its own, one new token of each at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/activations.h"
#include "model/forward.h"
#include "model/graphs.h"
#include "model/model.h"
#include "model/probe.h"

namespace ls::LS_BACKEND {

class Decoder : public AnyDecoder {
 public:
  // Takes the cache and the buffers of a step; those of a prompt are taken by prefill, for its length.
  Decoder(std::shared_ptr<const Model> model, int64_t sequences, int64_t capacity);

  const Model& model() const { return *model_; }
  const Graphs& graphs() const { return graphs_; }
  int64_t length(int64_t sequence) const override;
  void prefill(int64_t sequence, const int32_t* ids, int64_t count, const ls_pass& pass, int32_t* next) override;
  void truncate(int64_t sequence, int64_t length) override;
  void step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass, int32_t* next) override;

  static int64_t cache_bytes(const Config& config, int64_t sequences, int64_t capacity);
  static int64_t step_bytes(const Config& config, int64_t sequences, int64_t capacity);

 private:
  void check_step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass) const;
  // Hands the step's numbers to the kernels; returns the largest number of keys that a row sees, or somewhat more.
  int64_t fill_step(int64_t count, const int64_t* sequence, const int32_t* ids);
  void fill_caches(int64_t count, const int64_t* sequence);
  // The step's kernels: logits for the head's product, next for the greedy tokens.
  void launch_step(int64_t count, int64_t longest, const ls_pass& pass, bool logits, bool next);
  void greedy(int64_t count);

  const std::shared_ptr<const Model> model_;
  const int64_t capacity_;
  Arena arena_{memory_source()};
  std::vector<CacheView> caches_;
  std::vector<int64_t> lengths_;
  std::vector<int64_t> filled_;  // the sequences whose caches step_.k and step_.v hold
  StepBuffers step_;
  PassSpace space_;
  StepProbes probes_;
  Graphs graphs_;
};

}  // namespace ls::LS_BACKEND
