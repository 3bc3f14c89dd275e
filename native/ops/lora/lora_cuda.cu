// Host side only: products on the GPU's stream.
#include "runtime/device.h"

#include "ops/lora/products.h"

namespace ls::LS_GPU {

namespace {

struct Backend {
  using Real = bf16;
  static constexpr auto forward = linear_forward;
  static constexpr auto backward_input = linear_backward_input;
  static constexpr auto backward_weight = linear_backward_weight;
};

}  // namespace

void lora_forward(const LoraForward<bf16>& a) { lora_forward_by<Backend>(a); }
void lora_backward(const LoraBackward<bf16>& a) { lora_backward_by<Backend>(a); }
void lora_merge(const LoraMerge<bf16>& a) { lora_merge_by<Backend>(a); }

}  // namespace ls::LS_GPU
