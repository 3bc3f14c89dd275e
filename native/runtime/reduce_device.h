// Sums over the threads of a warp or block, always in the same order.
#pragma once

#include "runtime/device.h"

namespace ls::LS_GPU {

// In every lane, and in every lane the same bits: the two sides of an exchange add the same pair.
template <class Real>
LS_DEVICE Real warp_sum(Real x) {
  LS_UNROLL
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(kWholeWarp, x, step);
  return x;
}

// The sum over each kThreads neighbouring threads, in each of them. shared: a number for each warp of the block, not used again before the next
// __syncthreads. Called by all threads of the block; a barrier inside unless kThreads is a warp.
template <int kThreads, class Real>
LS_DEVICE Real group_sum(Real x, Real* shared) {
  static_assert(kThreads % 32 == 0, "groups are whole warps");
  x = warp_sum(x);
  if constexpr (kThreads > 32) {
    constexpr int kWarps = kThreads / 32;
    const int warp = threadIdx.x / 32;
    if (threadIdx.x % 32 == 0) shared[warp] = x;
    __syncthreads();
    x = 0;
    LS_UNROLL
    for (int i = 0; i < kWarps; i++) x += shared[warp / kWarps * kWarps + i];
  }
  return x;
}

}  // namespace ls::LS_GPU
