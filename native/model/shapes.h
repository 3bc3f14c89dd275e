// Shapes of published models, for benchmarks and plans.
#pragma once

#include "lodestone/lodestone.h"

namespace ls::testing {

inline ls_model_config smollm2_135m() {
  ls_model_config c{};
  c.layers = 30;
  c.hidden = 576;
  c.heads = 9;
  c.kv_heads = 3;
  c.head_dim = 64;
  c.intermediate = 1536;
  c.vocabulary = 49152;
  c.max_positions = 8192;
  c.norm_eps = 1e-5;
  c.tied_embeddings = 1;
  c.rope.theta = 100000;
  return c;
}

}  // namespace ls::testing
