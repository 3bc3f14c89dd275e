// The emulated twins of runtime/atoms_ptx.h: same names, same meanings, same layouts.
#pragma once

#include "simt/simt.h"

namespace ls::LS_GPU {

LS_DEVICE uint32_t shared_address(const void* p, SIMT_CALLER) { return ::simt::shared_offset(p, SIMT_HERE); }

LS_DEVICE float exp2_approx(float x) {
  const float y = exp2f(x);
  return y < 1.17549435e-38f ? 0.0f : y;
}
LS_DEVICE float reciprocal_approx(float x) { return 1.0f / x; }

LS_DEVICE uint32_t pack_bf16(float low, float high) { return to_bf16(low).bits | uint32_t{to_bf16(high).bits} << 16; }
LS_DEVICE float low_bf16(uint32_t packed) { return __uint_as_float(packed << 16); }
LS_DEVICE float high_bf16(uint32_t packed) { return __uint_as_float(packed & 0xffff0000u); }

LS_DEVICE void copy_async_16(void* to, const void* from, bool valid, SIMT_CALLER) { ::simt::copy_async(to, from, 16, valid, SIMT_HERE); }
LS_DEVICE void copy_async_commit() { ::simt::copy_async_commit(); }
template <int kPending>
LS_DEVICE void copy_async_wait(SIMT_CALLER) {
  ::simt::copy_async_wait(kPending, SIMT_HERE);
}

LS_DEVICE void load_matrix_x4(uint32_t (&r)[4], const void* row, SIMT_CALLER) { ::simt::load_matrix_x4(r, row, false, SIMT_HERE); }
LS_DEVICE void load_matrix_x4_transposed(uint32_t (&r)[4], const void* row, SIMT_CALLER) { ::simt::load_matrix_x4(r, row, true, SIMT_HERE); }

LS_DEVICE void mma_16816(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, SIMT_CALLER) {
  const uint32_t b[2] = {b0, b1};
  ::simt::mma_16816(d, a, b, SIMT_HERE);
}

LS_DEVICE void named_barrier_sync(int barrier, int threads, SIMT_CALLER) { ::simt::sync_named(barrier, threads, SIMT_HERE); }
LS_DEVICE void named_barrier_arrive(int barrier, int threads, SIMT_CALLER) { ::simt::arrive_named(barrier, threads, SIMT_HERE); }

LS_DEVICE void reduce_add(float* to, float value, SIMT_CALLER) { atomicAdd(to, value, caller_file, caller_line); }

}  // namespace ls::LS_GPU

#include "simt/atoms_sm90.h"
