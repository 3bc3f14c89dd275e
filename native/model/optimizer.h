// What training keeps of each trained tensor, and the step over all of them: global norm, clip, AdamW.
#pragma once

#include <cstdint>
#include <vector>

#include "model/model.h"
#include "ops/adamw/adamw.h"

namespace ls::LS_BACKEND {

struct StepScalars { double loss, norm; };

class Optimizer {
 public:
  Optimizer(Model& model, const ls_train_options& options, const std::vector<int64_t>& trained)
      : model_(model), options_(options), trained_(trained) {}

  // Bytes of gradients, and of what the optimizer adds to them: two moments, and fp32 weights where the model's are bf16.
  static int64_t gradient_bytes(const Config& config, ls_mode mode);
  static int64_t state_bytes(const Config& config, ls_mode mode);
  void lay_out(Layout& layout);
  void open();  // after lay_out, on memory that is zero

  const Weights<float>& gradients() const { return gradients_; }
  void zero_gradients();
  // The global norm of the gradients. Where it and the loss are finite and `update` is set, the step number `step` (from 1) is taken. loss lies in the
  // backend's memory; it comes back with the norm, which is the only time a step waits for a GPU.
  StepScalars finish(const double* loss, bool update, double learning_rate, int64_t step);

  void read(const Tensor& tensor, ls_trainer_state state, int64_t offset, float* data, int64_t count) const;
  void write(const Tensor& tensor, ls_trainer_state state, int64_t offset, const float* data, int64_t count);

 private:
  double decay(const Tensor& tensor) const;
  float* find_state(const Tensor& tensor, ls_trainer_state state) const;

  Model& model_;
  const ls_train_options& options_;
  const std::vector<int64_t>& trained_;
  Weights<float> gradients_, moment1_, moment2_;
  Weights<float> master_;        // the fp32 weights: on the CPU the model's own
  int64_t gradient_floats_ = 0;  // all of them together, from the first
  // On a GPU.
  AdamWTensor* tensors_ = nullptr;
  double* scalars_ = nullptr;  // squares, then the workspace of their sum
  int64_t blocks_ = 0;
};

}  // namespace ls::LS_BACKEND
