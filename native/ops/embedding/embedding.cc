#include "ops/embedding/embedding.h"

#include <cstring>

#include "runtime/threads.h"

namespace ls::cpu {

void embedding_forward(const EmbeddingForward<float>& a) {
  parallel_ranges(a.tokens, 32, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) std::memcpy(a.y + t * a.width, a.table + a.ids[t] * a.width, a.width * sizeof(float));
  });
}

// A block of columns belongs to one thread, which walks the tokens in order: no two threads add to the same place, and the order of each sum is fixed.
void embedding_backward(const EmbeddingBackward<float>& a) {
  parallel_ranges(a.width, 64, [&](int64_t begin, int64_t end) {
    for (int64_t t = 0; t < a.tokens; t++) {
      float* into = a.d_table + a.ids[t] * a.width;
      const float* from = a.d_y + t * a.width;
      for (int64_t i = begin; i < end; i++) into[i] += from[i];
    }
  });
}

}  // namespace ls::cpu
