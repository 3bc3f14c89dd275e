// What the attention passes share: which keys a row sees, panels of packed keys and values, slices of the working memory.
#pragma once

#include "ops/attention/attention_plan.h"
#include "runtime/threads.h"
#include "runtime/tile_gemm.h"

namespace ls::LS_ISA {

constexpr int64_t kKeyBlock = 128;  // keys of a tile: a block of K and one of V are 32 KiB each at head_dim 64

struct Range { int64_t begin, end; };

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// Keys of its document that a row sees.
inline Range visible(int64_t row, int64_t document_begin, int64_t window) {
  return {window ? larger(document_begin, row - window + 1) : document_begin, row + 1};
}

// Columns of the tile [key, key + keys) that at least one of the rows [row, row + rows) sees.
inline Range visible_columns(int64_t row, int64_t rows, int64_t key, int64_t keys, int64_t window) {
  const int64_t begin = window ? larger(0, row - window + 1 - key) : 0;
  return {begin, smaller(keys, row + rows - key)};
}

// Whether all of these rows see all of these keys, and the keys fill whole vectors.
inline bool all_visible(int64_t row, int64_t rows, int64_t key, int64_t keys, int64_t window) {
  return row + 1 >= key + keys && (!window || row + rows - window <= key) && keys % kLanes == 0;
}

inline int64_t whole_vectors_before(int64_t n) { return n / kLanes * kLanes; }

// Where a document begins in a panel in which every document is filled up to whole vectors.
inline int64_t panel_begin(int64_t token, int64_t document) { return (token / kLanes + document) * kLanes; }
inline int64_t panel_tokens(const AttentionShape& s) { return panel_begin(s.tokens, s.documents); }
// Columns of the transposed block of keys that begins at `key`.
inline int64_t key_block_width(int64_t key, int64_t document_end) { return smaller(kKeyBlock, whole_vectors(document_end - key)); }

// Working memory of a parallel loop: one slice a thread.
inline int64_t thread_slices() { return omp_in_parallel() ? 1 : omp_get_max_threads(); }
inline int64_t thread_slice(int64_t slices) { return slices == 1 ? 0 : omp_get_thread_num(); }

}  // namespace ls::LS_ISA
