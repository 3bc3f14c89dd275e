// The parts of one decoder layer, as the forward passes, the decoder and the backward pass put them together.
#pragma once

#include <cstdint>
#include <vector>

#include "model/batch.h"
#include "model/config.h"
#include "model/parameters.h"
#include "model/rope_cache.h"
#include "ops/attention/attention.h"

namespace ls {

// y = rmsnorm(x); rstd (rows) or NULL.
void normalize(const Config& config, int64_t rows, const float* x, const float* weight, float* y, float* rstd);

// qkv = normed · Wᵀ (+ bias), then q and k are rotated.
void project_qkv(const Config& config, const LayerWeights& weights, int64_t rows, const float* normed, float* qkv);
void rotate(const Config& config, const RopeCache& rope, int64_t rows, const int32_t* position, float* qkv, bool inverse);

// Attention of a layer over packed documents, q, k and v inside qkv.
AttentionForward<float> attention(const Config& config, int64_t layer, const Batch& batch, const float* qkv, float* o, float* lse);

// x += o · Wᵀ
void add_attention_output(const Config& config, const LayerWeights& weights, int64_t rows, const float* o, float* x);

// x += swiglu(normed · Wᵀ) · Wdownᵀ; gate_up (rows, 2·intermediate) and mlp (rows, intermediate) are written.
void add_feed_forward(const Config& config, const LayerWeights& weights, int64_t rows, const float* normed, float* gate_up, float* mlp, float* x);

// to = from, count floats.
void copy(const float* from, int64_t count, float* to);
// to[i] = from[rows[i]], and to[rows[i]] = from[i]; rows of `width` floats.
void gather_rows(const float* from, const int64_t* rows, int64_t count, int64_t width, float* to);
void scatter_rows(const float* from, const int64_t* rows, int64_t count, int64_t width, float* to);

}  // namespace ls
