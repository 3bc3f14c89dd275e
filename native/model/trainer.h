// Training: gradients over the batches of a step, the global norm and its clip, AdamW.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/activations.h"
#include "model/model.h"

namespace ls {

class Trainer {
 public:
  // Plans and takes all memory of a step at once.
  Trainer(std::shared_ptr<Model> model, const ls_train_options& options);

  const Model& model() const { return *model_; }
  // Gradients of all batches; update: then one step of AdamW, unless loss or norm is not finite.
  ls_step_result run(int64_t count, const ls_batch* batches, bool update, double learning_rate);

  const std::vector<int64_t>& trained() const { return trained_; }  // indices into the model's table
  // The trained tensor's gradient or moment.
  float* state(int64_t i, ls_trainer_state state) const;

  int64_t steps = 0;
  int64_t bytes() const { return bytes_; }

 private:
  double gradient_norm() const;
  void update(double learning_rate, double norm);

  const std::shared_ptr<Model> model_;
  const ls_train_options options_;
  const ls_mode mode_;
  std::vector<int64_t> trained_;
  int64_t bytes_ = 0;
  Arena arena_;
  RopeCache rope_;
  Weights gradients_, moment1_, moment2_;
  float* gradient_block_;    // all gradients, for zeroing
  int64_t gradient_floats_;
  TrainBuffers buffers_;
};

// Bytes of a trainer.
struct TrainBytes { int64_t gradients, optimizer, activations, workspace; };
TrainBytes train_bytes(const Config& config, ls_mode mode, int64_t tokens);

}  // namespace ls
