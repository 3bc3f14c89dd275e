#include "model/config.h"

#include <cmath>

#include "ops/rope/rope.h"

namespace ls {

namespace {

void within(const char* field, int64_t value, int64_t least, int64_t most) {
  require(value >= least && value <= most, "model config: expected ", field, " from ", least, " to ", most, " but found ", value);
}

}  // namespace

float Config::attention_scale() const { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim))); }

Config checked(const ls_model_config& c) {
  // The bounds are far above every published model; they keep products of two sizes inside 64 bits.
  within("layers", c.layers, 1, 1 << 14);
  within("hidden", c.hidden, 1, 1 << 20);
  within("heads", c.heads, 1, 1 << 14);
  within("kv_heads", c.kv_heads, 1, c.heads);
  within("head_dim", c.head_dim, 8, 256);
  within("intermediate", c.intermediate, 1, 1 << 24);
  within("vocabulary", c.vocabulary, 1, INT32_MAX);
  within("max_positions", c.max_positions, 1, INT32_MAX);
  require(c.head_dim % 8 == 0, "model config: expected head_dim to be a multiple of 8 but found ", c.head_dim);
  require(c.heads % c.kv_heads == 0, "model config: expected heads to be a multiple of kv_heads but found ", c.heads, " and ", c.kv_heads);
  require(c.norm_eps >= 0 && c.norm_eps < 1, "model config: expected norm_eps from 0 to 1 but found ", c.norm_eps);

  Config out{c.layers, c.hidden, c.heads, c.kv_heads, c.head_dim, c.intermediate, c.vocabulary, c.max_positions, static_cast<float>(c.norm_eps),
             c.tied_embeddings != 0, c.qkv_bias != 0, std::vector<int64_t>(c.layers, 0), c.rope};
  if (c.windows) out.windows.assign(c.windows, c.windows + c.layers);
  for (int64_t window : out.windows) within("windows", window, 0, INT32_MAX);
  rope_frequencies(out.rope, out.head_dim, out.max_positions, 1);  // refuses what it cannot compute
  return out;
}

}  // namespace ls
