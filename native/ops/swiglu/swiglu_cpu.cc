#include "ops/swiglu/swiglu.h"

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

// 1 / (1 + e^−g); below −87 the true value is under 1e−37 and the clamp keeps e^−g finite.
inline Vec sigmoid(Vec g) { return 1.0f / (1.0f + exp(min(-g, splat(87.0f)))); }

// body(i, n): vectors of n lanes at i, the last one perhaps short.
template <class Body>
inline void for_each_vec(int64_t count, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(i, kLanes);
  if (i < count) body(i, static_cast<int>(count - i));
}

inline Vec load_some(const float* p, int n) { return n == kLanes ? load(p) : load_n(p, n); }
inline void store_some(float* p, Vec v, int n) { n == kLanes ? store(p, v) : store_n(p, v, n); }

}  // namespace

void swiglu_forward(const SwigluForward<float>& a) {
  parallel_ranges(a.rows, 8, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float *gate = a.gate_up + r * 2 * a.width, *up = gate + a.width;
      float* y = a.y + r * a.width;
      for_each_vec(a.width, [&](int64_t i, int n) {
        const Vec g = load_some(gate + i, n);
        store_some(y + i, g * sigmoid(g) * load_some(up + i, n), n);
      });
    }
  });
}

// With s = sigmoid(g): d_up = d_y·g·s, d_gate = d_y·up·s·(1 + g·(1 − s)).
void swiglu_backward(const SwigluBackward<float>& a) {
  parallel_ranges(a.rows, 8, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float *gate = a.gate_up + r * 2 * a.width, *up = gate + a.width, *d_y = a.d_y + r * a.width;
      float *d_gate = a.d_gate_up + r * 2 * a.width, *d_up = d_gate + a.width;
      for_each_vec(a.width, [&](int64_t i, int n) {
        const Vec g = load_some(gate + i, n), u = load_some(up + i, n), d = load_some(d_y + i, n), s = sigmoid(g);
        store_some(d_gate + i, d * u * s * (1.0f + g * (1.0f - s)), n);
        store_some(d_up + i, d * g * s, n);
      });
    }
  });
}

}  // namespace ls::cpu::LS_ISA
