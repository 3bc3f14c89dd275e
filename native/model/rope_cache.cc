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
  if (frequencies.inverse == inverse_ && positions_ >= length) return;
  inverse_.clear();
  positions_ = std::max(rounded_positions(length), positions_);
  const int64_t count = positions_ * (config.head_dim / 2);
  arena_.reserve(2 * Arena::rounded(count * static_cast<int64_t>(sizeof(float))), "the rotary tables");
  cos_ = arena_.take<float>(count);
  sin_ = arena_.take<float>(count);
  std::vector<float> host(kDevice ? 2 * count : 0);
  float *cos = kDevice ? host.data() : cos_, *sin = kDevice ? host.data() + count : sin_;
  rope_table(frequencies, positions_, cos, sin);
  if (kDevice) {
    upload_all(cos_, cos, count);
    upload_all(sin_, sin, count);
  }
  inverse_ = frequencies.inverse;
}

}  // namespace ls::LS_BACKEND
