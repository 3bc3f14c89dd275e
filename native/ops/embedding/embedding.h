// Token embedding: rows of a table, and the gradient added back into them in token order (so it does not depend on threads).
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

template <class Real>
struct EmbeddingForward {
  int64_t tokens, width;
  const int32_t* ids;  // (tokens), checked by the caller
  const Real* table;   // (vocabulary, width)
  Real* y;             // (tokens, width)
};

template <class Real>
struct EmbeddingBackward {
  int64_t tokens, width, vocabulary;
  const int32_t* ids;
  const Real* d_y;       // (tokens, width)
  float* d_table;        // (vocabulary, width): added to
  const int32_t* order = nullptr;  // (tokens) the tokens sorted by id, stable: on a GPU the order of every sum. The CPU does not read it
};

}  // namespace ls

LS_BACKEND_OP(embedding_forward, EmbeddingForward)
LS_BACKEND_OP(embedding_backward, EmbeddingBackward)
