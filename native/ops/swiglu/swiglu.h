// SwiGLU: y = silu(gate) · up, silu(g) = g·sigmoid(g). gate and up are the halves of one fused projection.
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

template <class Real>
struct SwigluForward {
  int64_t rows, width;
  const Real* gate_up;  // (rows, 2·width): gate, then up
  Real* y;               // (rows, width)
};

template <class Real>
struct SwigluBackward {
  int64_t rows, width;
  const Real* gate_up;  // (rows, 2·width)
  const Real* d_y;      // (rows, width)
  Real* d_gate_up;       // (rows, 2·width); may be gate_up itself
};

}  // namespace ls

LS_OP(swiglu_forward, SwigluForward)
LS_OP(swiglu_backward, SwigluBackward)
