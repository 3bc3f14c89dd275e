// Atoms: every PTX instruction that kernels use, one function each, for sm_80 and later; those of Hopper need sm_90a. Their emulated twins with the same
// names and meanings are in simt/atoms.h. Layouts are those of the PTX ISA manual.
#pragma once

namespace ls::LS_GPU {

LS_DEVICE uint32_t shared_address(const void* p) { return static_cast<uint32_t>(__cvta_generic_to_shared(p)); }

// 2^x. Flushes subnormals; 2^−inf = 0.
LS_DEVICE float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// 1/x to within one unit in the last place; 1/inf = 0. Flushes subnormals.
LS_DEVICE float reciprocal_approx(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// Two floats to bf16, rounded to nearest even: low in the lower half.
LS_DEVICE uint32_t pack_bf16(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}
LS_DEVICE float low_bf16(uint32_t packed) { return __uint_as_float(packed << 16); }
LS_DEVICE float high_bf16(uint32_t packed) { return __uint_as_float(packed & 0xffff0000u); }

// 16 bytes from global to shared memory, asynchronously; zeros if !valid (then `from` is not read).
LS_DEVICE void copy_async_16(void* to, const void* from, bool valid) {
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
}
LS_DEVICE void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most kPending of this thread's groups are open.
template <int kPending>
LS_DEVICE void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// Four 8×8 matrices of 16-bit elements. Lane l gives the address of row l % 8 of matrix l / 8; r[m] holds elements (l / 4, 2·(l % 4)) and the next of
// matrix m, or with _transposed elements (2·(l % 4), l / 4) and the one below.
LS_DEVICE void load_matrix_x4(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
LS_DEVICE void load_matrix_x4_transposed(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}

// D (16×8, fp32) += A (16×16, bf16, row-major) · B (16×8, bf16, column-major). With g = lane / 4 and t = lane % 4:
//   d: (g, 2t), (g, 2t+1), (g+8, 2t), (g+8, 2t+1)
//   a: pairs (g, 2t..), (g+8, 2t..), (g, 2t+8..), (g+8, 2t+8..)      b: pairs (2t.., g), (2t+8.., g)
LS_DEVICE void mma_16816(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Barrier 1 to 15 of some warps of the block: sync waits until `threads` of them came, by sync or by arrive, which goes on at once.
LS_DEVICE void named_barrier_sync(int barrier, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }
LS_DEVICE void named_barrier_arrive(int barrier, int threads) { asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }

// *to += value in global memory, no result.
LS_DEVICE void reduce_add(float* to, float value) { asm volatile("red.global.add.f32 [%0], %1;" ::"l"(to), "f"(value) : "memory"); }

}  // namespace ls::LS_GPU
