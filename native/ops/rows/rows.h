// Moving rows and heads: gathers and scatters, KV-cache copies, the highest logit, edits and means of heads, conversions. On a GPU every pointer is
// device memory; what an op writes must not overlap what it reads. All of them are exact but mean_head, which sums in double.
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

// to[i] = from[row[i]]
template <class Real>
struct GatherRows {
  int64_t count, width;
  const Real* from;    // rows of width
  const int64_t* row;  // (count)
  Real* to;            // (count, width)
};

// to[row[i]] = from[i]
template <class Real>
struct ScatterRows {
  int64_t count, width;
  const Real* from;    // (count, width)
  const int64_t* row;  // (count) distinct
  Real* to;            // rows of width
};

// to[b·to_block + r·to_stride + i] = from[b·from_block + r·from_stride + i] for b < blocks, r < rows, i < width. The heads of a projection become the
// blocks of a KV cache: {tokens, head_dim, k, qkv_width, cache, head_dim, kv_heads, head_dim, capacity·head_dim}.
template <class Real>
struct CopyStrided {
  int64_t rows, width;
  const Real* from;
  int64_t from_stride;
  Real* to;
  int64_t to_stride;
  int64_t blocks = 1, from_block = 0, to_block = 0;
};

// The new key or value of each sequence to its place in its cache: to[s][(h·capacity + length[s] − 1)·head_dim + i] = from[s·from_stride +
// h·head_dim + i]. Pointers, capacity and length as in AttentionDecode; on a GPU the caches are 16-byte aligned.
template <class Real>
struct AppendToCache {
  int64_t sequences, heads, head_dim;
  const Real* from;
  int64_t from_stride;
  Real* const* to;        // (sequences) each (heads, capacity, head_dim)
  int64_t capacity;
  const int64_t* length;  // (sequences) the new token included
};

// The index of the highest value of each row, the lowest of equals. NaN never wins; a row of nothing but NaN gives 0.
// Of logits, which are fp32 everywhere.
struct ArgmaxRows {
  int64_t rows, width;
  const float* values;  // (rows, width)
  int32_t* index;       // (rows)
};

enum class HeadEdit { zero, set, replace };

// One head of the rows whose number is at least first_row: x[r·stride + head·head_dim + i] becomes 0, values[i] or values[r·head_dim + i].
template <class Real>
struct EditHead {
  int64_t rows, head_dim, stride, head;
  Real* x;
  HeadEdit kind;
  int64_t first_row;
  const int32_t* number;  // (rows) or NULL = 0, 1, 2 ...
  const float* values;    // set: (head_dim); replace: (rows, head_dim)
};

// mean[i] = mean over rows [begin, end) of x[r·stride + head·head_dim + i]; end > begin.
template <class Real>
struct MeanHead {
  int64_t begin, end, head_dim, stride, head;
  const Real* x;
  float* mean;  // (head_dim)
};

// out[r·head_dim + i] = x[r·stride + head·head_dim + i]
template <class Real>
struct ReadHead {
  int64_t rows, head_dim, stride, head;
  const Real* x;
  float* out;  // (rows, head_dim)
};

// Between the storage of a GPU and floats; narrow rounds to the nearest, ties to even.
struct Widen {
  int64_t count;
  const bf16* from;
  float* to;
};
struct Narrow {
  int64_t count;
  const float* from;
  bf16* to;
};

}  // namespace ls

LS_BACKEND_OP(gather_rows, GatherRows)
LS_BACKEND_OP(scatter_rows, ScatterRows)
LS_BACKEND_OP(copy_strided, CopyStrided)
LS_BACKEND_OP(append_to_cache, AppendToCache)
namespace ls::cpu { void argmax_rows(const ArgmaxRows& args); }
LS_GPU_OP(argmax_rows, ArgmaxRows)
LS_BACKEND_OP(edit_head, EditHead)
LS_BACKEND_OP(mean_head, MeanHead)
LS_BACKEND_OP(read_head, ReadHead)
LS_GPU_OP(widen, Widen)
LS_GPU_OP(narrow, Narrow)
