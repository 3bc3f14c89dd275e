// The table of cosines and sines that a handle keeps from pass to pass.
#pragma once

#include <cstdint>
#include <vector>

#include "model/config.h"
#include "model/real.h"
#include "ops/rope/rope.h"

namespace ls::LS_BACKEND {

class RopeCache {
 public:
  // Makes the table ready for positions [0, length). Computed anew only if it has to grow, or if the frequencies depend on the length (dynamic).
  void prepare(const Config& config, int64_t length);
  const float* cos() const { return cos_; }  // (positions, head_dim/2)
  const float* sin() const { return sin_; }

  static int64_t bytes(const Config& config, int64_t length);

 private:
  Arena arena_{memory_source()};
  float *cos_ = nullptr, *sin_ = nullptr;
  int64_t positions_ = 0;
  std::vector<double> inverse_;
  double attention_factor_ = 1;
};

}  // namespace ls::LS_BACKEND
