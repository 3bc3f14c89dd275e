#include "model/rope_cache.h"

#include <algorithm>

namespace ls {

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
  const size_t wanted = static_cast<size_t>(rounded_positions(length) * (config.head_dim / 2));
  if (frequencies.inverse == inverse_ && cos_.size() >= wanted) return;
  inverse_.clear();
  cos_.resize(std::max(wanted, cos_.size()));
  sin_.resize(cos_.size());
  rope_table(frequencies, static_cast<int64_t>(cos_.size()) / (config.head_dim / 2), cos_.data(), sin_.data());
  inverse_ = frequencies.inverse;
}

}  // namespace ls
