#include "ops/rope/rope.h"

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

// (first, second) turned by the angle of each pair.
void turn(float* first, float* second, const float* cos, const float* sin, float sign, int64_t half) {
  int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    const Vec a = load(first + i), b = load(second + i), c = load(cos + i), s = load(sin + i) * sign;
    store(first + i, a * c - b * s);
    store(second + i, b * c + a * s);
  }
  for (; i < half; i++) {
    const float a = first[i], b = second[i], c = cos[i], s = sin[i] * sign;
    first[i] = a * c - b * s;
    second[i] = b * c + a * s;
  }
}

}  // namespace

void rope(const Rope<float>& r) {
  const int64_t half = r.head_dim / 2;
  const float sign = r.inverse ? -1.0f : 1.0f;
  parallel_ranges(r.tokens, 16, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) {
      const float *cos = r.cos + r.position[t] * half, *sin = r.sin + r.position[t] * half;
      for (int64_t h = 0; h < r.heads; h++) {
        float* x = r.x + t * r.stride + h * r.head_dim;
        turn(x, x + half, cos, sin, sign, half);
      }
    }
  });
}

}  // namespace ls::cpu::LS_ISA
