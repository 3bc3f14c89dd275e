// Token embedding: rows of a table, and the gradient added back into them in token order (so it does not depend on threads).
#pragma once

#include <cstdint>

namespace ls::cpu {

struct EmbeddingForward {
  int64_t tokens, width;
  const int32_t* ids;  // (tokens), checked by the caller
  const float* table;  // (vocabulary, width)
  float* y;            // (tokens, width)
};
void embedding_forward(const EmbeddingForward& args);

struct EmbeddingBackward {
  int64_t tokens, width, vocabulary;
  const int32_t* ids;
  const float* d_y;    // (tokens, width)
  float* d_table;      // (vocabulary, width): added to
};
void embedding_backward(const EmbeddingBackward& args);

}  // namespace ls::cpu
