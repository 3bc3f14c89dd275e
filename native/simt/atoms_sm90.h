// The emulated twins of runtime/atoms_ptx_sm90.h.
#pragma once

#include "simt/hopper.h"
#include "simt/simt.h"

namespace ls::LS_GPU {

using ::simt::Swizzle;
using ::simt::TensorMap;

inline TensorMap tensor_map(const bf16* base, int64_t rows, int64_t columns, int64_t row_stride, int box_rows, int box_columns, Swizzle swizzle) {
  const TensorMap map{base, rows, columns, row_stride * 2, box_rows, box_columns, swizzle};
  started("tensor map", ::simt::check_tensor_map(map));
  return map;
}

LS_DEVICE void barrier_init(uint64_t* barrier, int arrivals, SIMT_CALLER) { ::simt::barrier_init(barrier, arrivals, SIMT_HERE); }
LS_DEVICE void barrier_init_fence() { ::simt::fence_async_proxy(); }
LS_DEVICE void barrier_arrive(uint64_t* barrier, SIMT_CALLER) { ::simt::barrier_arrive(barrier, 0, SIMT_HERE); }
LS_DEVICE void barrier_arrive_expecting(uint64_t* barrier, int bytes, SIMT_CALLER) { ::simt::barrier_arrive(barrier, bytes, SIMT_HERE); }
LS_DEVICE bool barrier_passed(uint64_t* barrier, int parity, SIMT_CALLER) { return ::simt::barrier_passed(barrier, parity, SIMT_HERE); }
LS_DEVICE void barrier_wait(uint64_t* barrier, int parity, SIMT_CALLER) { ::simt::barrier_wait(barrier, parity, SIMT_HERE); }
LS_DEVICE void fence_async_proxy() { ::simt::fence_async_proxy(); }

LS_DEVICE void bulk_load(void* to, const void* from, int bytes, uint64_t* barrier, SIMT_CALLER) {
  ::simt::bulk_load(to, from, bytes, barrier, SIMT_HERE);
}
LS_DEVICE void tensor_load(void* to, const TensorMap* map, int row, int column, uint64_t* barrier, SIMT_CALLER) {
  ::simt::tensor_load(to, *map, row, column, barrier, SIMT_HERE);
}
LS_DEVICE void bulk_reduce_add(float* to, const float* from, int bytes, SIMT_CALLER) { ::simt::bulk_reduce_add(to, from, bytes, SIMT_HERE); }
LS_DEVICE void bulk_commit() { ::simt::bulk_commit(); }
template <int kPending>
LS_DEVICE void bulk_wait_read() {
  ::simt::bulk_wait(kPending);
}

template <int kRegisters>
LS_DEVICE void registers_give_back() {}
template <int kRegisters>
LS_DEVICE void registers_take() {}

LS_DEVICE uint64_t matrix_descriptor(const void* tile, int leading, int stride, Swizzle swizzle, SIMT_CALLER) {
  return ::simt::matrix_descriptor(tile, leading, stride, swizzle, SIMT_HERE);
}
LS_DEVICE void wgmma_fence(SIMT_CALLER) { ::simt::wgmma_fence(SIMT_HERE); }
LS_DEVICE void wgmma_commit(SIMT_CALLER) { ::simt::wgmma_commit(SIMT_HERE); }
template <int kPending>
LS_DEVICE void wgmma_wait(SIMT_CALLER) {
  ::simt::wgmma_wait(kPending, SIMT_HERE);
}
template <int kN, bool kTurnA = false, bool kTurnB = false>
LS_DEVICE void wgmma(float (&d)[kN / 2], uint64_t a_tile, uint64_t b_tile, bool accumulate, SIMT_CALLER) {
  ::simt::wgmma({d, kN, nullptr, a_tile, b_tile, kTurnA, kTurnB, accumulate, SIMT_HERE});
}
template <int kN, bool kTurnB = false>
LS_DEVICE void wgmma(float (&d)[kN / 2], const uint32_t (&a)[4], uint64_t b_tile, bool accumulate, SIMT_CALLER) {
  ::simt::wgmma({d, kN, a, 0, b_tile, false, kTurnB, accumulate, SIMT_HERE});
}

}  // namespace ls::LS_GPU
