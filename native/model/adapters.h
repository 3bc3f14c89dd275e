// The gradients and the outputs of what lies apart from the model: adapters beside projections, and the slices of heads.
#pragma once

#include <cstdint>

#include "model/real.h"
#include "model/scope.h"

namespace ls::LS_BACKEND {

// y (rows, shape.width) += scale·x·Aᵀ·Bᵀ, each target into its columns. u (rows, targets·rank) is workspace. Nothing where there is no target.
void add_adapters(const Scope& scope, const AdapterShape& shape, const Adapter<Real>& weights, int64_t rows, const Real* x, Real* u, Real* y);

// Adds the gradients of A and B, and that of x to d_x if it is not NULL. u and d_u are workspace.
void backward_adapters(const Scope& scope, const AdapterShape& shape, const Adapter<Real>& weights, const Adapter<float>& gradients, int64_t rows,
                       const Real* x, const Real* d_y, Real* u, Real* d_u, Real* d_x);

// Adds the gradients of a layer's slices of q, k and v (d: their buffers), or of o.
void backward_qkv_slices(const Config& config, const Scope& scope, int64_t layer, int64_t rows, const Real* x, const Real* d_qkv,
                         const LayerWeights<float>& d);
void backward_o_slices(const Config& config, const Scope& scope, int64_t layer, int64_t rows, const Real* o, const Real* d_y,
                       const LayerWeights<float>& d);

}  // namespace ls::LS_BACKEND
