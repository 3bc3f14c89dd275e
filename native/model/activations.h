// Tables of the buffers of a pass. Each is laid out twice by the same code: to count the bytes, and to hand out the memory (runtime/arena.h).
#pragma once

#include <cstdint>
#include <vector>

#include "model/config.h"
#include "runtime/arena.h"

namespace ls {

// Rows that go through the feed-forward network at a time where nothing is kept for a backward pass: the two wide buffers then stay in the cache.
constexpr int64_t kFeedForwardRows = 512;

// A pass without gradients: every layer uses the same buffers.
struct PassBuffers {
  int32_t* position;  // (tokens)
  float* x;           // (tokens, hidden) the residual stream
  float* normed;      // (tokens, hidden)
  float* qkv;         // (tokens, (heads + 2·kv_heads)·head_dim)
  float* o;           // (tokens, heads, head_dim)
  float* lse;         // (heads, tokens)
  float* gate_up;     // (rows, 2·intermediate)
  float* mlp;         // (rows, intermediate)
  float* cross_entropy;

  void lay_out_activations(Layout& layout, const Config& config, int64_t tokens);
  void lay_out_workspace(Layout& layout, const Config& config, int64_t tokens);
};

// What the backward pass of one layer reads. The inputs of the projections are cheap and computed again.
struct SavedLayer {
  float* x;        // (tokens, hidden) before the layer
  float* rstd;     // (tokens)
  float* qkv;      // after rotation
  float* o;        // (tokens, heads, head_dim)
  float* lse;      // (heads, tokens)
  float* x_mid;    // (tokens, hidden) after attention
  float* rstd_mid; // (tokens)
  float* gate_up;  // (tokens, 2·intermediate); becomes its gradient
};

struct TrainBuffers {
  int32_t* position;               // (tokens)
  std::vector<SavedLayer> layers;
  float* x;                        // (tokens, hidden) after the last layer
  float* rstd;                     // (tokens)
  // Shared by all layers.
  float* normed;                   // (tokens, hidden)
  float* mlp;                      // (tokens, intermediate)
  float* labelled;                 // (tokens, hidden) the labelled rows, gathered
  float* d_x;                      // (tokens, hidden) gradient of the residual stream
  float* d_normed;                 // (tokens, hidden)
  float* d_o;                      // (tokens, heads, head_dim)
  float* d_qkv;                    // (tokens, (heads + 2·kv_heads)·head_dim)
  float* d_mlp;                    // (tokens, intermediate)
  float *attention, *rmsnorm, *cross_entropy;  // workspaces of the ops

  void lay_out_activations(Layout& layout, const Config& config, int64_t tokens);
  void lay_out_workspace(Layout& layout, const Config& config, int64_t tokens);
};

// One token for each of several sequences.
struct StepBuffers {
  int32_t* position;  // (sequences)
  float *x, *normed, *qkv, *o, *gate_up, *mlp;
  float* logits;      // (sequences, vocabulary)

  void lay_out(Layout& layout, const Config& config, int64_t sequences);
};

}  // namespace ls
