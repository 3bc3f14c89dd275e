// SwiGLU: y = silu(gate) · up, silu(g) = g·sigmoid(g). gate and up are the halves of one fused projection.
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

struct SwigluForward {
  int64_t rows, width;
  const float* gate_up;  // (rows, 2·width): gate, then up
  float* y;              // (rows, width)
};

struct SwigluBackward {
  int64_t rows, width;
  const float* gate_up;  // (rows, 2·width)
  const float* d_y;      // (rows, width)
  float* d_gate_up;      // (rows, 2·width); may be gate_up itself
};

}  // namespace ls

LS_CPU_OP(swiglu_forward, SwigluForward)
LS_CPU_OP(swiglu_backward, SwigluBackward)
