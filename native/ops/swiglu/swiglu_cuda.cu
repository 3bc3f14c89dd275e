// SwiGLU on a GPU: a thread takes one vector of gate, up and, backward, d_y.
#include "runtime/device.h"

#include "ops/swiglu/swiglu.h"
#include "runtime/vector_device.h"

namespace ls::LS_GPU {

namespace swiglu {

// 1/(1 + e^−g); e^−g may be infinite.
LS_DEVICE float sigmoid(float g) { return reciprocal_approx(1.0f + exp2_approx(-kLog2E * g)); }

template <int kWide>
LS_KERNEL(kTileThreads, 4) forward(SwigluForward<bf16> a, RowTiles tiles) {
  int64_t row;
  int vector;
  if (!find_vector(tiles, row, vector)) return;
  const bf16* gate_up = a.gate_up + row * 2 * a.width + vector * kWide;
  float gate[kWide], up[kWide], y[kWide];
  load_vector(gate, gate_up);
  load_vector(up, gate_up + a.width);
  LS_UNROLL
  for (int i = 0; i < kWide; i++) y[i] = gate[i] * sigmoid(gate[i]) * up[i];
  store_vector(a.y + row * a.width + vector * kWide, y);
}

// With s = sigmoid(g): d_up = d_y·g·s, d_gate = d_y·up·s·(1 + g·(1 − s)). A thread reads its vectors before it writes to the same places.
template <int kWide>
LS_KERNEL(kTileThreads, 4) backward(SwigluBackward<bf16> a, RowTiles tiles) {
  int64_t row;
  int vector;
  if (!find_vector(tiles, row, vector)) return;
  const int64_t at = row * 2 * a.width + vector * kWide;
  float gate[kWide], up[kWide], d_y[kWide], d_gate[kWide], d_up[kWide];
  load_vector(gate, a.gate_up + at);
  load_vector(up, a.gate_up + at + a.width);
  load_vector(d_y, a.d_y + row * a.width + vector * kWide);
  LS_UNROLL
  for (int i = 0; i < kWide; i++) {
    const float s = sigmoid(gate[i]);
    d_gate[i] = d_y[i] * up[i] * s * (1.0f + gate[i] * (1.0f - s));
    d_up[i] = d_y[i] * gate[i] * s;
  }
  store_vector(a.d_gate_up + at, d_gate);
  store_vector(a.d_gate_up + at + a.width, d_up);
}

template <int kWide, class Struct>
void start(const char* op, void (*kernel)(Struct, RowTiles), const Struct& a) {
  const RowTiles tiles(a.rows, a.width, kWide);
  launch(op, kernel, tiles.grid(), tiles.block(), 0, a, tiles);
}

}  // namespace swiglu

void swiglu_forward(const SwigluForward<bf16>& a) {
  using namespace swiglu;
  if (a.width % kVector == 0 && aligned_16(a.gate_up, a.y)) start<kVector>("SwiGLU forward", forward<kVector>, a);
  else start<1>("SwiGLU forward", forward<1>, a);
}

void swiglu_backward(const SwigluBackward<bf16>& a) {
  using namespace swiglu;
  if (a.width % kVector == 0 && aligned_16(a.gate_up, a.d_y, a.d_gate_up)) start<kVector>("SwiGLU backward", backward<kVector>, a);
  else start<1>("SwiGLU backward", backward<1>, a);
}

}  // namespace ls::LS_GPU
