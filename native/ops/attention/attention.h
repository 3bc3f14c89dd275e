// Causal grouped-query attention over packed documents, without ever forming the S×S matrix.
//
//   s_ij = scale · q_i·k_j   for keys j of the same document with j <= i and, under a window w, j > i − w
//   p_ij = exp(s_ij − lse_i),  lse_i = log Σ_j exp(s_ij),  o_i = Σ_j p_ij v_j
//
// Layout: element (token t, head h, d) of q stands at q[t·q_stride + h·head_dim + d]; so q, k and v may be slices of one fused projection.
// Query head h reads key/value head h / (heads / kv_heads). head_dim is a multiple of 8, at most 256.
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
};

struct AttentionForward {
  AttentionShape shape;
  const float *q, *k, *v;  // (tokens, heads | kv_heads, head_dim) with the strides below
  int64_t q_stride, kv_stride;
  float* o;                // (tokens, heads, head_dim) dense
  float* lse;              // (heads, tokens) natural log
};

struct AttentionBackward {
  AttentionForward forward;     // as it ran; o and lse are read
  const float* d_o;             // (tokens, heads, head_dim)
  float *d_q, *d_k, *d_v;       // written (not added to), with the strides of q, k, v
  float* workspace;             // attention_backward_workspace(shape) floats
};
int64_t attention_backward_workspace(const AttentionShape& shape);

// Statistics of chosen query rows. Definitions and NULL rules: ls_probe in lodestone.h; here for one layer.
struct ScoreRows {
  AttentionShape shape;
  const float *q, *k;
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
};

// One new row for each of several sequences against its own cache. Heads' statistics as in ScoreRows with one row.
struct AttentionDecode {
  int64_t sequences, heads, kv_heads, head_dim, window;
  float scale;
  const float* q;                // (sequences, heads, head_dim) with q_stride
  int64_t q_stride;
  const float* const* k;         // (sequences) each (kv_heads, capacity, head_dim)
  const float* const* v;
  int64_t capacity;              // tokens between the heads of a cache
  const int64_t* length;         // (sequences) keys to see, the new one included
  float* o;                      // (sequences, heads, head_dim) dense
  struct Statistics {            // one for each sequence; pointers are (heads) or (heads, spans); NULL is not computed
    int64_t spans;
    const int64_t *span_begin, *span_end;
    float* lse; int32_t* argmax; float* max_prob; int32_t* second; float* second_prob; float* span_mass;
  };
  const Statistics* statistics;  // (sequences) or NULL
};

}  // namespace ls

LS_CPU_OP(attention_forward, AttentionForward)
LS_CPU_OP(attention_backward, AttentionBackward)
LS_CPU_OP(score_rows, ScoreRows)
LS_CPU_OP(attention_decode, AttentionDecode)
