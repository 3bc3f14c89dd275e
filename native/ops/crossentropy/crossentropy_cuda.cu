// Host side: chunks of rows on the GPU's stream.
#include "runtime/device.h"

#include <algorithm>

#include "ops/crossentropy/chunks.h"

namespace ls::LS_GPU {

namespace {

constexpr int64_t kTile = 128;  // rows that a product takes together

struct Backend {
  using Real = bf16;
  static constexpr auto forward = linear_forward;
  static constexpr auto backward_input = linear_backward_input;
  static constexpr auto backward_weight = linear_backward_weight;
  static constexpr auto rows = cross_entropy_rows;
  static constexpr auto add_losses = LS_GPU::add_losses;
  static int64_t stride(int64_t vocabulary) { return (vocabulary + 7) / 8 * 8; }  // every row aligned to 16 bytes, whatever the vocabulary
};

int64_t rows_in(int64_t bytes, int64_t vocabulary) {
  const int64_t row = Backend::stride(vocabulary) * static_cast<int64_t>(sizeof(bf16));
  return std::max(kTile, bytes / row / kTile * kTile);
}

}  // namespace

// By bytes of logits: each chunk reads all weights, and reads and writes their gradient, so it has to be large; a wide model has the memory.
int64_t cross_entropy_chunk(int64_t width, int64_t vocabulary) {
  const int64_t rows = rows_in(width < 2048 ? 256 << 20 : 512 << 20, vocabulary);
  return width < 4096 ? rows : std::max<int64_t>(1024, rows);
}

int64_t cross_entropy_workspace(int64_t rows, int64_t width, int64_t vocabulary) {
  return workspace_in_chunks<Backend>(rows, cross_entropy_chunk(width, vocabulary), vocabulary);
}

void linear_cross_entropy_in_chunks(int64_t most, const LinearCrossEntropy<bf16>& a) { cross_entropy_in_chunks<Backend>(most, a); }

void linear_cross_entropy(const LinearCrossEntropy<bf16>& a) {
  int64_t most = cross_entropy_chunk(a.width, a.vocabulary);
  // In a narrow model reading and writing logits is a good part of the work; where no gradient of the weights is added up, they had better stay in the L2.
  if (a.width < 1024 && !a.d_weight) most = std::min(most, rows_in(32 << 20, a.vocabulary));
  linear_cross_entropy_in_chunks(most, a);
}

}  // namespace ls::LS_GPU
