// The table of cosines and sines that a handle keeps from pass to pass.
#pragma once

#include <cstdint>
#include <vector>

#include "model/config.h"
#include "ops/rope/rope.h"

namespace ls {

class RopeCache {
 public:
  // Makes the table ready for positions [0, length). Computed anew only if it has to grow, or if the frequencies depend on the length (dynamic).
  void prepare(const Config& config, int64_t length);
  const float* cos() const { return cos_.data(); }  // (positions, head_dim/2)
  const float* sin() const { return sin_.data(); }

  static int64_t bytes(const Config& config, int64_t length);

 private:
  std::vector<float> cos_, sin_;
  std::vector<double> inverse_;
};

}  // namespace ls
