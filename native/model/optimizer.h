// What training keeps of each trained tensor, and the step over all of them: global norm, clip, AdamW.
#pragma once

#include <cstdint>
#include <vector>

#include "model/model.h"
#include "model/scope.h"
#include "ops/adamw/adamw.h"

namespace ls::LS_BACKEND {

struct StepScalars { double loss, norm; };

class Optimizer {
 public:
  // table: the tensors that `scope` trains; weights: theirs, as the backend computes with them, laid out before the optimizer is.
  Optimizer(const Config& config, const ls_train_options& options, const Scope& scope, const std::vector<Tensor>& table, const Weights<Real>& weights)
      : config_(config), options_(options), scope_(scope), table_(table), weights_(weights) {}

  // Bytes of gradients, and of what the optimizer adds to them: two moments, and fp32 weights where the trained ones are bf16.
  static int64_t gradient_bytes(const Config& config, const Scope& scope);
  static int64_t state_bytes(const Config& config, const Scope& scope);
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

  const Config& config_;
  const ls_train_options& options_;
  const Scope& scope_;
  const std::vector<Tensor>& table_;
  const Weights<Real>& weights_;
  Weights<float> gradients_, moment1_, moment2_;
  Weights<float> master_;        // the fp32 weights: on the CPU weights_ itself
  int64_t gradient_floats_ = 0;  // all of them together, from the first
  // On a GPU.
  AdamWTensor* tensors_ = nullptr;
  double* scalars_ = nullptr;  // squares, then the workspace of their sum
  int64_t blocks_ = 0;
};

}  // namespace ls::LS_BACKEND
