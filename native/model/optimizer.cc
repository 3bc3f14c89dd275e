// The part of the optimizer that all backends share; finish and the rest differ (optimizer_cpu.cc, optimizer_gpu.cc).
#include "model/optimizer.h"

namespace ls::LS_BACKEND {

int64_t Optimizer::gradient_bytes(const Config& config, const Scope& scope) {
  Layout gradients;
  lay_out_weights<float>(gradients, config, scope);
  return gradients.bytes();
}

void Optimizer::zero_gradients() { fill_zero(find_state(table_[0], LS_GRADIENT), gradient_floats_ * static_cast<int64_t>(sizeof(float))); }

double Optimizer::decay(const Tensor& tensor) const {
  const bool bias = tensor.field == Field::qkv_bias, norm = tensor.rank == 1 && !bias;
  return (options_.no_decay_bias && bias) || (options_.no_decay_norm && norm) ? 0.0 : options_.weight_decay;
}

float* Optimizer::find_state(const Tensor& tensor, ls_trainer_state state) const {
  switch (state) {
    case LS_GRADIENT: return find(gradients_, tensor);
    case LS_MOMENT1: return find(moment1_, tensor);
    case LS_MOMENT2: return find(moment2_, tensor);
    default: return find(master_, tensor);
  }
}

void Optimizer::read(const Tensor& tensor, ls_trainer_state state, int64_t offset, float* data, int64_t count) const {
  download_all(data, find_state(tensor, state) + offset, count);
}

}  // namespace ls::LS_BACKEND
