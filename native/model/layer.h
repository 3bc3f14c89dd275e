// The parts of one decoder layer, as the forward passes, the decoder and the backward pass put them together.
#pragma once

#include <cstdint>

#include "model/inputs.h"
#include "model/parameters.h"
#include "model/rope_cache.h"
#include "ops/attention/attention.h"

namespace ls::LS_BACKEND {

// y = rmsnorm(x); rstd (rows) or NULL.
void normalize(const Config& config, int64_t rows, const Real* x, const Real* weight, Real* y, float* rstd);

// qkv = normed · Wᵀ (+ bias), then q and k are rotated.
void project_qkv(const Config& config, const LayerWeights<Real>& weights, int64_t rows, const Real* normed, Real* qkv);
void rotate(const Config& config, const RopeCache& rope, int64_t rows, const int32_t* position, Real* qkv, bool inverse);

// Attention of a layer over packed documents, q, k and v inside qkv.
AttentionForward<Real> attention(const Config& config, int64_t layer, const Batch& batch, const Inputs& inputs, const Real* qkv, Real* o, float* lse);

// x += o · Wᵀ
void add_attention_output(const Config& config, const LayerWeights<Real>& weights, int64_t rows, const Real* o, Real* x);

// gate_up (rows, 2·intermediate) = normed · Wᵀ
void project_gate_up(const Config& config, const LayerWeights<Real>& weights, int64_t rows, const Real* normed, Real* gate_up);

// x += swiglu(gate_up) · Wdownᵀ; mlp (rows, intermediate) is written.
void add_mlp_output(const Config& config, const LayerWeights<Real>& weights, int64_t rows, const Real* gate_up, Real* mlp, Real* x);

// Both: x += swiglu(normed · Wᵀ) · Wdownᵀ; gate_up (rows, 2·intermediate) and mlp (rows, intermediate) are written.
void add_feed_forward(const Config& config, const LayerWeights<Real>& weights, int64_t rows, const Real* normed, Real* gate_up, Real* mlp, Real* x);

}  // namespace ls::LS_BACKEND
