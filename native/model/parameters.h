// The parameters of a decoder: one table with a row a tensor, and one layout that serves weights, gradients and moments alike.
//
// The names and their order are Hugging Face's. In memory what is multiplied together lies together: q, k, v of a layer are one
// ((heads + 2·kv_heads)·head_dim, hidden) matrix, gate and up one (2·intermediate, hidden) matrix.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config.h"
#include "runtime/arena.h"

namespace ls {

// The fused buffers that tensors lie in.
enum class Field { embedding, qkv, qkv_bias, o, gate_up, down, attention_norm, mlp_norm, norm, head };

struct Tensor {
  std::string name;       // "model.layers.0.self_attn.q_proj.weight"
  int64_t rows, columns;  // a vector has rows = 1
  int32_t rank;
  Field field;
  int64_t layer;   // 0 where the field is not a layer's
  int64_t offset;  // elements from the start of the field
  int64_t count() const { return rows * columns; }
};

std::vector<Tensor> parameter_table(const Config& config);

struct LayerWeights {
  float* qkv;             // ((heads + 2·kv_heads)·head_dim, hidden)
  float* qkv_bias;        // ((heads + 2·kv_heads)·head_dim) or NULL
  float* o;               // (hidden, heads·head_dim)
  float* gate_up;         // (2·intermediate, hidden)
  float* down;            // (hidden, intermediate)
  float* attention_norm;  // (hidden)
  float* mlp_norm;        // (hidden)
};

struct Weights {
  float* embedding;  // (vocabulary, hidden)
  std::vector<LayerWeights> layers;
  float* norm;       // (hidden)
  float* head;       // (vocabulary, hidden); the embedding itself where they are tied
};

// Whether a mode of training moves the tensors of a field.
bool trains(ls_mode mode, Field field);

// Buffers for the fields that a mode trains, NULL for the others. LS_TRAIN_ALL lays out a whole model.
Weights lay_out_weights(Layout& layout, const Config& config, ls_mode mode);

// Where a tensor lies; NULL if its field was not laid out.
float* find(const Weights& weights, const Tensor& tensor);

// fp32 from data of a dtype, at any alignment.
void widen(ls_dtype dtype, const void* data, int64_t count, float* out);

}  // namespace ls
