// Causal grouped-query attention over packed documents, without ever forming the S×S matrix.
//
//   s_ij = scale · q_i·k_j   for keys j of the same document with j <= i and, under a window w, j > i − w
//   p_ij = exp(s_ij − lse_i),  lse_i = log Σ_j exp(s_ij),  o_i = Σ_j p_ij v_j
//
// Layout: element (token t, head h, d) of q stands at q[t·q_stride + h·head_dim + d]; so q, k and v may be slices of one fused projection.
// Query head h reads key/value head h / (heads / kv_heads). head_dim is a multiple of 8, at most 256; on a GPU 16, 32, 64 or 128.
// Pointers are to memory of the backend, but for shape.starts, which is the host's.
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

struct AttentionShape {
  int64_t tokens, heads, kv_heads, head_dim;
  int64_t documents;
  const int64_t* starts;  // (documents + 1)
  int64_t window;         // keys a row may see, itself included; 0 = all
  float scale;
  // GPU: document bounds of every token, in device memory. row_begin[t] is where the document of t begins, row_end[t] where it ends.
  const int32_t *row_begin = nullptr, *row_end = nullptr;  // (tokens)
};

// Statistics of all rows, written by the forward pass itself (GPU only; elsewhere score_rows). Definitions: ls_probe in lodestone.h.
constexpr int kForwardSpans = 8;        // at most
struct ForwardStatistics {
  int32_t* argmax = nullptr;            // (heads, tokens); NULL turns all of them off
  float* max_prob = nullptr;            // (heads, tokens)
  int32_t spans = 0;
  int32_t span_begin[kForwardSpans] = {}, span_end[kForwardSpans] = {};
  float* span_mass = nullptr;           // (heads, tokens, spans)
};

template <class Real>
struct AttentionForward {
  AttentionShape shape;
  const Real *q, *k, *v;   // (tokens, heads | kv_heads, head_dim) with the strides below
  int64_t q_stride, kv_stride;
  Real* o;                 // (tokens, heads, head_dim) dense
  float* lse;              // (heads, tokens) natural log
  ForwardStatistics statistics = {};
};

template <class Real>
struct AttentionBackward {
  AttentionForward<Real> forward;  // as it ran; o and lse are read
  const Real* d_o;                 // (tokens, heads, head_dim)
  Real *d_q, *d_k, *d_v;           // written (not added to), with the strides of q, k, v
  float* workspace;                // attention_backward_workspace floats
  bool deterministic = true;       // GPU: no floating-point atomics (the CPU never has any)
};

// Statistics of chosen query rows. Definitions and NULL rules: ls_probe in lodestone.h; here for one layer.
template <class Real>
struct ScoreRows {
  AttentionShape shape;
  const Real *q, *k;
  int64_t q_stride, kv_stride;
  const int32_t* ids;                      // (tokens), for pattern
  int64_t rows;
  const int64_t* row;                      // (rows) ascending
  int64_t spans;
  const int64_t *span_begin, *span_end;    // (spans)
  float* lse;                              // (heads, rows)
  int32_t* argmax;                         // (heads, rows)
  float* max_prob;                         // (heads, rows)
  int32_t* second;                         // (heads, rows)
  float* second_prob;                      // (heads, rows)
  float* span_mass;                        // (heads, rows, spans)
  float* column_sum;                       // (heads, tokens)
  float* pattern;                          // (heads, rows, 3)
  const Real* v = nullptr;                 // as k; read for span_output
  float* span_output = nullptr;            // (heads, rows, spans, head_dim) Σ_j p_ij v_j over the keys of each span; NaN where span_mass is
  float* workspace = nullptr;              // GPU: score_rows_workspace floats
};

// One new row for each of several sequences against its own cache. Heads' statistics as in ScoreRows with one row.
template <class Real>
struct AttentionDecode {
  int64_t sequences, heads, kv_heads, head_dim, window;
  float scale;
  const Real* q;                 // (sequences, heads, head_dim) with q_stride
  int64_t q_stride;
  const Real* const* k;          // (sequences) each (kv_heads, capacity, head_dim)
  const Real* const* v;
  int64_t capacity;              // tokens between the heads of a cache
  const int64_t* length;         // (sequences) keys to see, the new one included
  Real* o;                       // (sequences, heads, head_dim) dense
  struct Statistics {            // one for each sequence; pointers are (heads) or (heads, spans); NULL is not computed
    int64_t spans;
    const int64_t *span_begin, *span_end;
    float* lse; int32_t* argmax; float* max_prob; int32_t* second; float* second_prob; float* span_mass;
  };
  const Statistics* statistics;  // (sequences) or NULL
  int64_t longest = 0;           // GPU: the largest of length, which lies in device memory
  float* workspace = nullptr;    // GPU: attention_decode_workspace floats
};

}  // namespace ls

LS_OP(attention_forward, AttentionForward)
LS_OP(attention_backward, AttentionBackward)
LS_OP(score_rows, ScoreRows)
LS_OP(attention_decode, AttentionDecode)
// Floats of workspace: each backend has its own.
LS_BACKEND_DECLARE(int64_t score_rows_workspace(const AttentionShape& shape, int64_t rows, int64_t spans))
LS_BACKEND_DECLARE(int64_t attention_backward_workspace(const AttentionShape& shape, bool deterministic = true))
LS_BACKEND_DECLARE(int64_t attention_decode_workspace(int64_t sequences, int64_t heads, int64_t head_dim, int64_t longest))
