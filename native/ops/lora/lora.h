// Low-rank adapters (Hu et al. 2021, LoRA, section 4.1) beside the linear layers that read the same input (q, k and v; gate and up; or one alone):
//   u = scale·x·Aᵀ      y_t += u_t·B_tᵀ      for each target t
// A holds the (rank, in) matrices of all targets below each other, so that u = (u_1 | u_2 | ...) is one product; u is kept for the gradients:
//   d_u_t = scale·d_y_t·B_t      d_B_t += d_y_tᵀ·u_t      d_A += d_uᵀ·x      d_x += d_u·A
// with d_A in the order of A. (u holds the factor already, hence d_B has none; d_A gets it from d_u.)
#pragma once

#include <cstdint>

#include "runtime/isa.h"

namespace ls {

constexpr int kMostLoraTargets = 3;

template <class Real>
struct LoraForward {
  struct Target {
    int64_t out;
    const Real* b;              // (out, rank) dense
    Real* y; int64_t y_stride;  // (rows, out) added to
  };
  int64_t rows, in, rank;
  int targets;
  float scale;
  const Real* x; int64_t x_stride;
  const Real* a;                // (targets·rank, in) dense
  Real* u;                      // (rows, targets·rank) dense, written
  Target target[kMostLoraTargets];
};

template <class Real>
struct LoraBackward {
  struct Target {
    int64_t out;
    const Real* b;
    const Real* d_y; int64_t d_y_stride;
    float* d_b;                 // (out, rank) added to
  };
  int64_t rows, in, rank;
  int targets;
  float scale;
  const Real* x; int64_t x_stride;
  const Real* a;
  const Real* u;                // of the forward pass
  Real* d_u;                    // (rows, targets·rank) dense: workspace
  float* d_a;                   // (targets·rank, in) added to
  Real* d_x; int64_t d_x_stride;  // (rows, in) added to, or NULL
  Target target[kMostLoraTargets];
};

// weight += scale·B·A: a layer that needs no adapter any more.
template <class Real>
struct LoraMerge {
  int64_t in, out, rank;
  float scale;
  const Real* a;                // (rank, in)
  const Real* b;                // (out, rank)
  Real* weight;                 // (out, in)
};

}  // namespace ls

LS_BACKEND_OP(lora_forward, LoraForward)
LS_BACKEND_OP(lora_backward, LoraBackward)
LS_BACKEND_OP(lora_merge, LoraMerge)
