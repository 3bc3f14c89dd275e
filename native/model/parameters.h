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
#include "runtime/bf16.h"

namespace ls {

struct Scope;

// The fused buffers that tensors lie in; the last eight are adapters' (model/scope.h).
enum class Field {
  embedding, qkv, qkv_bias, o, gate_up, down, attention_norm, mlp_norm, norm, head,
  qkv_a, qkv_b, o_a, o_b, gate_up_a, gate_up_b, down_a, down_b
};

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

// The adapters beside the projections of a fused matrix, NULL without: (targets·rank, in) below each other, and (out, rank) of each target.
template <class T>
struct Adapter {
  T *a, *b;
};

// T is what the backend computes with (float, or bf16 on a GPU) for weights, float for gradients and moments.
template <class T>
struct LayerWeights {
  T* qkv;             // ((heads + 2·kv_heads)·head_dim, hidden)
  T* qkv_bias;        // ((heads + 2·kv_heads)·head_dim) or NULL
  T* o;               // (hidden, heads·head_dim)
  T* gate_up;         // (2·intermediate, hidden)
  T* down;            // (hidden, intermediate)
  T* attention_norm;  // (hidden)
  T* mlp_norm;        // (hidden)
  Adapter<T> qkv_adapter, o_adapter, gate_up_adapter, down_adapter;
};

template <class T>
struct Weights {
  T* embedding;  // (vocabulary, hidden)
  std::vector<LayerWeights<T>> layers;
  T* norm;       // (hidden)
  T* head;       // (vocabulary, hidden); the embedding itself where they are tied
};

// Elements of a field of a whole model; 0 if it has none.
int64_t field_elements(const Config& config, Field field);

// Buffers for what a scope trains, NULL for the fields it leaves alone.
template <class T>
Weights<T> lay_out_weights(Layout& layout, const Config& config, const Scope& scope);

// Where a tensor lies; NULL if its field was not laid out.
template <class T>
T* find(const Weights<T>& weights, const Tensor& tensor);

// fp32 or bf16 from data of a dtype, at any alignment. To bf16 is to the nearest, and exact from bf16.
void convert(ls_dtype dtype, const void* data, int64_t count, float* out);
void convert(ls_dtype dtype, const void* data, int64_t count, bf16* out);

}  // namespace ls
