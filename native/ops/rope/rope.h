// Rotary position embedding in Hugging Face's "rotate half" layout: for d < head_dim/2 the pair (x[d], x[d + head_dim/2]) turns by position · frequency[d].
#pragma once

#include <cstdint>
#include <vector>

#include "lodestone/lodestone.h"
#include "runtime/isa.h"

namespace ls {

// Inverse frequencies (head_dim/2) and the factor that cos and sin are multiplied with (1 but for yarn).
struct RopeFrequencies {
  std::vector<double> inverse;
  double attention_factor = 1;
};
// length: the longest position + 1 of the pass; matters for dynamic only. Formulas: Hugging Face transformers, modeling_rope_utils.
RopeFrequencies rope_frequencies(const ls_rope& rope, int64_t head_dim, int64_t max_positions, int64_t length);

// cos and sin of positions [0, positions): (positions, head_dim/2), computed in double.
void rope_table(const RopeFrequencies& frequencies, int64_t positions, float* cos, float* sin);

// In place on `heads` neighbouring heads of x: element (t, h, d) at x[t·stride + h·head_dim + d].
template <class Real>
struct Rope {
  int64_t tokens, heads, head_dim, stride;
  Real* x;
  const int32_t* position;  // (tokens)
  const float *cos, *sin;   // (positions, head_dim/2)
  bool inverse;             // turn back: the backward pass
};

}  // namespace ls

LS_OP(rope, Rope)
