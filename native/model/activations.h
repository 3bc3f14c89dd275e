// Tables of the buffers of a pass. Each is laid out twice by the same code: to count the bytes, and to hand out the memory (runtime/arena.h).
#pragma once

#include <cstdint>
#include <vector>

#include "model/config.h"
#include "model/inputs.h"
#include "model/real.h"

namespace ls::LS_BACKEND {

// Rows that go through the feed-forward network at a time where nothing is kept for a backward pass: on the CPU the two wide buffers then stay in the
// cache, on a GPU the products still fill it.
constexpr int64_t kFeedForwardRows = kDevice ? 8192 : 512;

// Rows whose fp32 logits stand in device memory at a time, on their way to the host.
int64_t logit_chunk(const Config& config);

// A pass without gradients: every layer uses the same buffers.
struct PassBuffers {
  Inputs inputs;
  int64_t* rows;      // (tokens) indices of rows that something asks for
  Real* x;            // (tokens, hidden) the residual stream
  Real* normed;       // (tokens, hidden)
  Real* qkv;          // (tokens, (heads + 2·kv_heads)·head_dim)
  Real* o;            // (tokens, heads, head_dim)
  float* lse;         // (heads, tokens)
  Real* gate_up;      // (rows, 2·intermediate)
  Real* mlp;          // (rows, intermediate)
  float* head;        // (tokens, head_dim) of an edit or a capture
  float* logits;      // (logit_chunk, vocabulary) on a GPU
  float* cross_entropy;
  double* loss;

  void lay_out_activations(Layout& layout, const Config& config, int64_t tokens);
  void lay_out_workspace(Layout& layout, const Config& config, int64_t tokens);
};

// The level of each layer (ls_recompute) from a caller's array, which may be NULL. Throws LS_INVALID.
std::vector<int32_t> recompute_levels(const Config& config, const int32_t* recompute);

// What the backward pass of one layer reads. What the layer's level does not keep is shared by all such layers. The inputs of the projections are cheap and computed again.
struct SavedLayer {
  Real* x;         // (tokens, hidden) before the layer
  float* rstd;     // (tokens)
  Real* qkv;       // after rotation
  Real* o;         // (tokens, heads, head_dim)
  float* lse;      // (heads, tokens)
  Real* x_mid;     // (tokens, hidden) after attention
  float* rstd_mid; // (tokens)
  Real* gate_up;   // (tokens, 2·intermediate); becomes its gradient
};

struct TrainBuffers {
  Inputs inputs;
  // Set before laying out:
  std::vector<int32_t> levels;     // (layers) ls_recompute
  int64_t lowest = 0;              // layer with something trained; those below it keep nothing and share their buffers
  int64_t adapter_width = 0;       // columns of the widest adapter op
  bool atomics = false;            // attention's backward pass may add up in any order
  std::vector<SavedLayer> layers;
  Real* x;                         // (tokens, hidden) after the last layer
  float* rstd;                     // (tokens)
  // Shared by all layers.
  Real* normed;                    // (tokens, hidden)
  Real* mlp;                       // (tokens, intermediate)
  Real* labelled;                  // (tokens, hidden) the labelled rows, gathered
  Real* d_x;                       // (tokens, hidden) gradient of the residual stream
  Real* d_normed;                  // (tokens, hidden)
  Real* d_o;                       // (tokens, heads, head_dim)
  Real* d_qkv;                     // (tokens, (heads + 2·kv_heads)·head_dim)
  Real* d_mlp;                     // (tokens, intermediate)
  Real *u, *d_u;                   // (tokens, adapter_width)
  float *attention, *rmsnorm, *cross_entropy;  // workspaces of the ops
  double* loss;                    // of all batches of the step

  void lay_out_activations(Layout& layout, const Config& config, int64_t tokens);
  void lay_out_workspace(Layout& layout, const Config& config, int64_t tokens);
};

// One token for each of several sequences.
struct StepBuffers {
  int32_t *ids, *position;  // (sequences)
  int64_t* length;          // (sequences) keys that each row sees
  int32_t* next;            // (sequences)
  Real **k, **v;            // (layers, sequences) caches
  Real *x, *normed, *qkv, *o, *gate_up, *mlp;
  float* head;              // (sequences, head_dim) of an edit or a capture
  float* logits;            // (sequences, vocabulary)
  float* attention;         // workspace

  void lay_out(Layout& layout, const Config& config, int64_t sequences, int64_t capacity);
};

}  // namespace ls::LS_BACKEND
