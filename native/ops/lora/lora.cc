#include "ops/lora/products.h"

namespace ls::cpu {

namespace {

struct Backend {
  using Real = float;
  static constexpr auto forward = linear_forward;
  static constexpr auto backward_input = linear_backward_input;
  static constexpr auto backward_weight = linear_backward_weight;
};

}  // namespace

void lora_forward(const LoraForward<float>& a) { lora_forward_by<Backend>(a); }
void lora_backward(const LoraBackward<float>& a) { lora_backward_by<Backend>(a); }
void lora_merge(const LoraMerge<float>& a) { lora_merge_by<Backend>(a); }

}  // namespace ls::cpu
