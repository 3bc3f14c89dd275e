// What a model is, checked once: the sizes that every table of tensors is laid out from.
#pragma once

#include <cstdint>
#include <vector>

#include "lodestone/lodestone.h"
#include "runtime/error.h"

namespace ls {

// Elements of one buffer: the product of its dimensions. Refuses what no machine holds (2^40 elements are 4 TiB of fp32), so that no later sum of
// bytes can overflow.
constexpr int64_t kMostElements = int64_t{1} << 40;

template <class... Dimensions>
int64_t elements(Dimensions... dimensions) {
  int64_t product = 1;
  bool fits = true;
  ((fits = fits && !__builtin_mul_overflow(product, static_cast<int64_t>(dimensions), &product)), ...);
  if (!fits || product > kMostElements) {
    std::string shape;
    ((shape += (shape.empty() ? "" : " x ") + std::to_string(dimensions)), ...);
    fail(LS_OUT_OF_MEMORY, "a buffer of ", shape, " elements is more than any machine holds");
  }
  return product;
}

struct Config {
  int64_t layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, max_positions;
  float norm_eps;
  bool tied, qkv_bias;
  std::vector<int64_t> windows;  // (layers) 0 = all keys
  ls_rope rope;

  int64_t q_width() const { return heads * head_dim; }
  int64_t kv_width() const { return kv_heads * head_dim; }
  int64_t qkv_width() const { return q_width() + 2 * kv_width(); }  // the fused projection: q, k, v
  float attention_scale() const;                                    // 1/sqrt(head_dim)
};

// Throws LS_INVALID with the field, what was expected and what was found.
Config checked(const ls_model_config& config);

}  // namespace ls
