#include <algorithm>
#include <cmath>

#include "model/optimizer.h"

namespace ls::cpu {

int64_t Optimizer::state_bytes(const Config& config, const Scope& scope) { return 2 * gradient_bytes(config, scope); }

void Optimizer::lay_out(Layout& layout) {
  gradient_floats_ = gradient_bytes(config_, scope_) / static_cast<int64_t>(sizeof(float));
  for (Weights<float>* one : {&gradients_, &moment1_, &moment2_}) *one = lay_out_weights<float>(layout, config_, scope_);
  master_ = weights_;
}

void Optimizer::open() {}

StepScalars Optimizer::finish(const double* loss, bool update, double learning_rate, int64_t step) {
  // In double and tensor by tensor, in the order of the table.
  double squares = 0;
  for (const Tensor& tensor : table_) {
    double one = 0;
    sum_of_squares({tensor.count(), find(gradients_, tensor), &one});
    squares += one;
  }
  const StepScalars result{*loss, std::sqrt(squares)};
  if (!update || !std::isfinite(result.loss) || !std::isfinite(result.norm)) return result;
  // PyTorch's clip_grad_norm_: the factor is clip/(norm + 1e-6), at most 1.
  const double scale = options_.clip > 0 ? std::min(1.0, options_.clip / (result.norm + 1e-6)) : 1.0;
  for (const Tensor& tensor : table_)
    adamw({tensor.count(), find(weights_, tensor), find(moment1_, tensor), find(moment2_, tensor), find(gradients_, tensor), learning_rate,
           options_.beta1, options_.beta2, options_.eps, decay(tensor), scale, step});
  return result;
}

void Optimizer::write(const Tensor& tensor, ls_trainer_state state, int64_t offset, const float* data, int64_t count) {
  std::copy_n(data, count, find_state(tensor, state) + offset);
}

}  // namespace ls::cpu
