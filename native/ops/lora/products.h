// LoRA as products of ops/linear, the same on every backend. A Backend has Real and the ops forward, backward_input and backward_weight of ops/linear.
#pragma once

#include "ops/linear/linear.h"
#include "ops/lora/lora.h"

namespace ls {

template <class Backend>
void lora_forward_by(const LoraForward<typename Backend::Real>& a) {
  const int64_t width = a.targets * a.rank;
  Backend::forward({a.rows, a.in, width, a.x, a.x_stride, a.a, nullptr, a.u, width, 0, a.scale});
  for (int t = 0; t < a.targets; t++) {
    const auto& to = a.target[t];
    Backend::forward({a.rows, a.rank, to.out, a.u + t * a.rank, width, to.b, nullptr, to.y, to.y_stride, 1});
  }
}

template <class Backend>
void lora_backward_by(const LoraBackward<typename Backend::Real>& a) {
  const int64_t width = a.targets * a.rank;
  for (int t = 0; t < a.targets; t++) {
    const auto& from = a.target[t];
    Backend::backward_input({a.rows, a.rank, from.out, from.d_y, from.d_y_stride, from.b, a.d_u + t * a.rank, width, 0, a.scale});
    Backend::backward_weight({a.rows, a.rank, from.out, from.d_y, from.d_y_stride, a.u + t * a.rank, width, from.d_b, nullptr});
  }
  Backend::backward_weight({a.rows, a.in, width, a.d_u, width, a.x, a.x_stride, a.d_a, nullptr});
  if (a.d_x) Backend::backward_input({a.rows, a.in, width, a.d_u, width, a.a, a.d_x, a.d_x_stride, 1});
}

// B·A is what a layer with weights A makes of a gradient B.
template <class Backend>
void lora_merge_by(const LoraMerge<typename Backend::Real>& a) {
  Backend::backward_input({a.out, a.in, a.rank, a.b, a.rank, a.a, a.weight, a.in, 1, a.scale});
}

}  // namespace ls
