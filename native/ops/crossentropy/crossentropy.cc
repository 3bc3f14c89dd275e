#include "ops/crossentropy/crossentropy.h"

#include <algorithm>

#include "ops/crossentropy/chunks.h"

namespace ls::cpu {

namespace {

struct Backend {
  using Real = float;
  static constexpr auto forward = linear_forward;
  static constexpr auto backward_input = linear_backward_input;
  static constexpr auto backward_weight = linear_backward_weight;
  static constexpr auto rows = cross_entropy_rows;
  static void add_losses(int64_t count, const double* losses, double* total) {
    double sum = 0;
    for (int64_t r = 0; r < count; r++) sum += losses[r];
    *total += sum;
  }
  static int64_t stride(int64_t vocabulary) { return vocabulary; }
};

}  // namespace

// 64 MiB of logits: enough rows that the products are bound by arithmetic, little beside the weights of the head itself.
int64_t cross_entropy_chunk(int64_t, int64_t vocabulary) { return std::max<int64_t>(16, (64 << 20) / 4 / vocabulary / 16 * 16); }

int64_t cross_entropy_workspace(int64_t rows, int64_t width, int64_t vocabulary) {
  return workspace_in_chunks<Backend>(rows, cross_entropy_chunk(width, vocabulary), vocabulary);
}

void linear_cross_entropy(const LinearCrossEntropy<float>& a) { cross_entropy_in_chunks<Backend>(cross_entropy_chunk(a.width, a.vocabulary), a); }

}  // namespace ls::cpu
