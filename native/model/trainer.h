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
  const std::vector<int64_t>& trained() const override { return trained_; }
  void read(int64_t i, ls_trainer_state state, int64_t offset, float* data, int64_t count) const override;
  void write(int64_t i, ls_trainer_state state, int64_t offset, const float* data, int64_t count) override;
  int64_t bytes() const override { return bytes_; }

 private:
  const std::shared_ptr<Model> model_;
  const ls_train_options options_;  // recompute is in buffers_.levels
  const ls_mode mode_;
  std::vector<int64_t> trained_;
  int64_t bytes_ = 0;
  Arena arena_{memory_source()};
  RopeCache rope_;
  Optimizer optimizer_;
  TrainBuffers buffers_;
};

// Bytes of a trainer.
struct TrainBytes { int64_t gradients, optimizer, activations, workspace; };
TrainBytes train_bytes(const Config& config, ls_mode mode, int64_t tokens, const std::vector<int32_t>& recompute, bool atomics);

}  // namespace ls::LS_BACKEND
