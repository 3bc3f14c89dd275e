#include "model/adapters.h"

#include "ops/linear/linear.h"
#include "ops/lora/lora.h"

namespace ls::LS_BACKEND {

void add_adapters(const Scope& scope, const AdapterShape& shape, const Adapter<Real>& w, int64_t rows, const Real* x, Real* u, Real* y) {
  if (shape.targets.empty()) return;
  const int targets = static_cast<int>(shape.targets.size());
  LoraForward<Real> forward{rows, shape.in, scope.rank, targets, scope.scale, x, shape.in, w.a, u, {}};
  for (int t = 0; t < targets; t++) {
    const AdapterShape::Target& target = shape.targets[t];
    forward.target[t] = {target.out, w.b + target.b, y + target.first, shape.width};
  }
  lora_forward(forward);
}

void backward_adapters(const Scope& scope, const AdapterShape& shape, const Adapter<Real>& w, const Adapter<float>& d, int64_t rows, const Real* x,
                       const Real* d_y, Real* u, Real* d_u, Real* d_x) {
  if (shape.targets.empty()) return;
  const int targets = static_cast<int>(shape.targets.size());
  // u as in the forward pass: kept nowhere, for it is cheap.
  linear_forward({rows, shape.in, targets * scope.rank, x, shape.in, w.a, nullptr, u, targets * scope.rank, 0.0f, scope.scale});
  LoraBackward<Real> backward{rows, shape.in, scope.rank, targets, scope.scale, x, shape.in, w.a, u, d_u, d.a, d_x, shape.in, {}};
  for (int t = 0; t < targets; t++) {
    const AdapterShape::Target& target = shape.targets[t];
    backward.target[t] = {target.out, w.b + target.b, d_y + target.first, shape.width, d.b + target.b};
  }
  lora_backward(backward);
}

void backward_qkv_slices(const Config& c, const Scope& scope, int64_t layer, int64_t rows, const Real* x, const Real* d_qkv,
                         const LayerWeights<float>& d) {
  int64_t at = 0;  // heads of the slices' buffer that are done
  const auto slices = [&](const std::vector<int64_t>& heads, const Real* d_y) {
    for (int64_t head : heads) {
      linear_backward_weight({rows, c.hidden, c.head_dim, d_y + head * c.head_dim, c.qkv_width(), x, c.hidden, d.qkv + at * c.head_dim * c.hidden,
                              d.qkv_bias ? d.qkv_bias + at * c.head_dim : nullptr});
      at++;
    }
  };
  slices(scope.heads[layer], d_qkv);
  slices(scope.groups[layer], d_qkv + c.q_width());
  slices(scope.groups[layer], d_qkv + c.q_width() + c.kv_width());
}

void backward_o_slices(const Config& c, const Scope& scope, int64_t layer, int64_t rows, const Real* o, const Real* d_y,
                       const LayerWeights<float>& d) {
  for (size_t i = 0; i < scope.heads[layer].size(); i++)
    linear_backward_weight({rows, c.head_dim, c.hidden, d_y, c.hidden, o + scope.heads[layer][i] * c.head_dim, c.q_width(),
                            d.o + static_cast<int64_t>(i) * c.hidden * c.head_dim, nullptr});
}

}  // namespace ls::LS_BACKEND
