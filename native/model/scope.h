// What training moves: whole parameters, adapters beside projections, or slices of parameters that belong to heads.
//
// Adapters and slices lie in buffers of their own, laid out like a model's by the same table of fields: those of heads are as wide as the heads that
// are named. Slices are copied from the model when a trainer opens and back after every step, so that gradients and optimizer see nothing but them.
#pragma once

#include <cstdint>
#include <vector>

#include "model/parameters.h"

namespace ls {

// The adapters of a fused matrix: one op of LoRA serves its targets.
struct AdapterShape {
  struct Target {
    const char* name;  // "self_attn.q_proj"
    int64_t first, out;  // columns of the fused output
    int64_t b;           // elements before its B
  };
  int64_t in = 0, width = 0;  // of the input and of the fused output
  std::vector<Target> targets;
};

// A trained slice of a parameter, and where it lies in the model: rows of `stride`, from `offset` of the tensor's field on.
struct Slice {
  Tensor tensor;
  int64_t offset, stride;
};

struct Scope {
  ls_mode mode = LS_TRAIN_ALL;
  // Of LS_TRAIN_LORA.
  int64_t rank = 0;
  float scale = 0;
  uint64_t seed = 0;
  AdapterShape qkv, o, gate_up, down;
  // Of LS_TRAIN_HEADS: by layer, ascending, the named heads and the key-value heads that they read.
  std::vector<std::vector<int64_t>> heads, groups;

  bool apart() const { return mode == LS_TRAIN_LORA || mode == LS_TRAIN_HEADS; }  // from the model's own buffers
  // Elements that are trained of a field of a layer.
  int64_t elements(const Config& config, Field field, int64_t layer) const;
  // The lowest layer of which something is trained.
  int64_t lowest_layer() const;
  // Whether anything is trained that the gradient of a fused projection's input leads to. In a layer qkv lies below o, gate_up and down.
  bool trains_below(int64_t layer, Field projection) const;
  // Columns of the widest adapter op.
  int64_t adapter_width() const;
};

// Throws LS_INVALID where the options of the mode are wrong.
Scope checked_scope(const ls_train_options& options, const Config& config);

// The trained tensors, in the order of the model's; of heads, their slices.
std::vector<Tensor> trained_table(const Config& config, const Scope& scope);
std::vector<Slice> head_slices(const Config& config, const Scope& scope);

}  // namespace ls
