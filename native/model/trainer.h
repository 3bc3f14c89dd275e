// Training: gradients over the batches of a step, the global norm and its clip, AdamW.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/activations.h"
#include "model/model.h"
#include "model/optimizer.h"

namespace ls::LS_BACKEND {

class Trainer : public AnyTrainer {
 public:
  // Plans and takes all memory of a step at once.
  Trainer(std::shared_ptr<Model> model, const ls_train_options& options);

  const Model& model() const { return *model_; }
  ls_step_result run(int64_t count, const ls_batch* batches, bool update, double learning_rate) override;
  const std::vector<Tensor>& trained() const override { return table_; }
  void read(int64_t i, ls_trainer_state state, int64_t offset, float* data, int64_t count) const override;
  void write(int64_t i, ls_trainer_state state, int64_t offset, const float* data, int64_t count) override;
  void read_merged(const Tensor& tensor, int64_t offset, float* data, int64_t count) const override;
  int64_t bytes() const override { return bytes_; }

 private:
  void open_adapters();
  // Copies a head's slice out of the model, or back into it.
  void take(const Slice& slice);
  void put(const Slice& slice);

  const std::shared_ptr<Model> model_;
  const ls_train_options options_;  // recompute is in buffers_.levels
  const Scope scope_;
  const std::vector<Tensor> table_;
  const std::vector<Slice> slices_;  // those of heads, in the order of the table; else none
  Weights<Real> weights_;            // of what is trained: the model's own, or adapters and slices
  int64_t bytes_ = 0;
  Arena arena_{memory_source()};
  RopeCache rope_;
  Optimizer optimizer_;
  TrainBuffers buffers_;
};

// Bytes of a trainer; weights: of adapters and slices, which the model does not have.
struct TrainBytes {
  int64_t weights, gradients, optimizer, activations, workspace;
  int64_t total() const { return weights + gradients + optimizer + activations + workspace; }
};
TrainBytes train_bytes(const Config& config, const Scope& scope, int64_t tokens, const std::vector<int32_t>& recompute, bool atomics);

}  // namespace ls::LS_BACKEND
