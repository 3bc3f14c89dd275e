#include "model/rope_cache.h"

#include <algorithm>

namespace ls::LS_BACKEND {

namespace {

// Powers of two: a stream of prompts that each are a little longer than the last grows the table a few times only.
int64_t rounded_positions(int64_t length) {
  int64_t positions = 64;
  while (positions < length) positions *= 2;
  return positions;
}

}  // namespace

int64_t RopeCache::bytes(const Config& config, int64_t length) {
  return elements(rounded_positions(length), config.head_dim) * static_cast<int64_t>(sizeof(float));  // half of it cosines, half sines
}

void RopeCache::prepare(const Config& config, int64_t length) {
  RopeFrequencies frequencies = rope_frequencies(config.rope, config.head_dim, config.max_positions, length);
  if (frequencies.inverse == inverse_ && frequencies.attention_factor == attention_factor_ && positions_ >= length) return;
  const int64_t positions = std::max(rounded_positions(length), positions_), count = positions * (config.head_dim / 2);
  inverse_.clear();
  positions_ = 0;  // until the new table is there
  arena_.reserve(2 * Arena::rounded(count * static_cast<int64_t>(sizeof(float))), "the rotary tables");
  cos_ = arena_.take<float>(count);
  sin_ = arena_.take<float>(count);
  std::vector<float> host(kDevice ? 2 * count : 0);
  float *cos = kDevice ? host.data() : cos_, *sin = kDevice ? host.data() + count : sin_;
  rope_table(frequencies, positions, cos, sin);
  if (kDevice) {
    upload_all(cos_, cos, count);
    upload_all(sin_, sin, count);
  }
  positions_ = positions;
  inverse_ = frequencies.inverse;
  attention_factor_ = frequencies.attention_factor;
}

}  // namespace ls::LS_BACKEND
