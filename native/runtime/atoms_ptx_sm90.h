// Atoms of Hopper (sm_90a): barriers in shared memory, bulk and tensor copies, the tensor core of a warpgroup (128 threads: four neighbouring warps).
// Their emulated twins are in simt/atoms_sm90.h. A kernel that uses them stands in a *_sm90.cu, which is compiled for sm_90a alone.
#pragma once

#include <cuda.h>
#include <cudaTypedefs.h>

namespace ls::LS_GPU {

enum class Swizzle { none, bytes_32, bytes_64, bytes_128 };

// A matrix of bf16 in device memory that is copied in boxes; a kernel takes it as `const __grid_constant__ TensorMap`.
using TensorMap = CUtensorMap;

// Host. rows × columns at base (16-byte aligned), row_stride elements apart (a multiple of 8), in boxes of box_rows × box_columns (up to 256 each). A
// row of a swizzled box is as wide as the swizzle. Throws ls::Error.
inline TensorMap tensor_map(const bf16* base, int64_t rows, int64_t columns, int64_t row_stride, int box_rows, int box_columns, Swizzle swizzle) {
  void* encode = nullptr;
  cudaDriverEntryPointQueryResult found;
  started("tensor map", cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &encode, 12000, cudaEnableDefault, &found));
  if (found != cudaDriverEntryPointSuccess) started("tensor map", cudaErrorSymbolNotFound);
  const cuuint64_t sizes[2] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[1] = {static_cast<cuuint64_t>(row_stride) * sizeof(bf16)};
  const cuuint32_t box[2] = {static_cast<cuuint32_t>(box_columns), static_cast<cuuint32_t>(box_rows)}, steps[2] = {1, 1};
  TensorMap map;
  const CUresult result = reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(encode)(
      &map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, const_cast<bf16*>(base), sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
      swizzle == Swizzle::bytes_128  ? CU_TENSOR_MAP_SWIZZLE_128B
      : swizzle == Swizzle::bytes_64 ? CU_TENSOR_MAP_SWIZZLE_64B
      : swizzle == Swizzle::bytes_32 ? CU_TENSOR_MAP_SWIZZLE_32B
                                     : CU_TENSOR_MAP_SWIZZLE_NONE,
      CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS) started("tensor map", cudaErrorInvalidValue);
  return map;
}

#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)  // the host pass parses kernels too

// ---- barriers in shared memory. A phase is over when `arrivals` threads arrived and all bytes expected in it have come. Phases have parities 0, 1,
// 0, ...
LS_DEVICE void barrier_init(uint64_t* barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}
// By the thread that made barriers, before a __syncthreads that shows them to the others and to copy engines.
LS_DEVICE void barrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
LS_DEVICE void barrier_arrive(uint64_t* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}
LS_DEVICE void barrier_arrive_expecting(uint64_t* barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes) : "memory");
}
LS_DEVICE bool barrier_passed(uint64_t* barrier, int parity) {
  uint32_t passed;
  asm volatile("{\n .reg .pred p;\n mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n selp.b32 %0, 1, 0, p;\n}"
               : "=r"(passed) : "r"(shared_address(barrier)), "r"(parity) : "memory");
  return passed != 0;
}
// Until the phase with this parity is over; of the last two phases, that is.
LS_DEVICE void barrier_wait(uint64_t* barrier, int parity) {
  while (!barrier_passed(barrier, parity)) {}
}

// Shows this thread's writes to shared memory to copy engines and tensor cores; before the barrier that lets them start.
LS_DEVICE void fence_async_proxy() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// ---- bulk copies, by one thread. Addresses and bytes are multiples of 16; a box goes to 128-byte aligned shared memory, a swizzled one to 8 rows'
// alignment.
LS_DEVICE void bulk_load(void* to, const void* from, int bytes, uint64_t* barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(shared_address(to)), "l"(from),
               "r"(bytes), "r"(shared_address(barrier)) : "memory");
}
// The box whose first element is (row, column); zeros where it sticks out. Brings the box's bytes to the barrier.
LS_DEVICE void tensor_load(void* to, const TensorMap* map, int row, int column, uint64_t* barrier) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
               ::"r"(shared_address(to)), "l"(map), "r"(column), "r"(row), "r"(shared_address(barrier)) : "memory");
}
// to[i] += from[i] in global memory, by the copy engine.
LS_DEVICE void bulk_reduce_add(float* to, const float* from, int bytes) {
  asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], %2;" ::"l"(to), "r"(shared_address(from)), "r"(bytes)
               : "memory");
}
LS_DEVICE void bulk_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }
// Until at most kPending of this thread's groups still read shared memory.
template <int kPending>
LS_DEVICE void bulk_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kPending) : "memory");
}

// ---- the warpgroup's tensor core. All 128 threads call these together.
template <int kRegisters>
LS_DEVICE void registers_give_back() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters)); }
template <int kRegisters>
LS_DEVICE void registers_take() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters)); }

// Where a tile is in shared memory. A tile is made of pieces of 8 rows of the swizzle's width (none: of 16 bytes).
//   k along a row:    stride = bytes from 8 rows to the next 8; leading: with no swizzle, bytes from one 16-byte column of k to the next.
//   k along a column: swizzled: leading = bytes from one width to the next along a row, stride = from 8 values of k to the next 8; not: the other way
//     round.
LS_DEVICE uint64_t matrix_descriptor(const void* tile, int leading, int stride, Swizzle swizzle) {
  const uint64_t mode = swizzle == Swizzle::none ? 0 : 4 - static_cast<uint64_t>(swizzle);  // 1: 128 bytes, 2: 64, 3: 32
  return uint64_t{(shared_address(tile) & 0x3ffff) >> 4} | uint64_t(leading >> 4 & 0x3fff) << 16 | uint64_t(stride >> 4 & 0x3fff) << 32 | mode << 62;
}

// Before the first product, and after registers that products use were written.
LS_DEVICE void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
LS_DEVICE void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
// Until at most kPending groups are under way. Their registers and tiles belong to them until then.
template <int kPending>
LS_DEVICE void wgmma_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory"); }

#define LS_OUT8(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])
#define LS_OUT32(i) LS_OUT8(i), LS_OUT8(i + 8), LS_OUT8(i + 16), LS_OUT8(i + 24)
#define LS_OUT64 LS_OUT32(0), LS_OUT32(32)
#define LS_OUT128 LS_OUT64, LS_OUT32(64), LS_OUT32(96)
#define LS_REGISTERS32 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define LS_REGISTERS64 \
  LS_REGISTERS32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define LS_REGISTERS128                                                                                                                        \
  LS_REGISTERS64 ",%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93"   \
                 ",%94,%95,%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111,%112,%113,%114,%115,%116,%117,%118"     \
                 ",%119,%120,%121,%122,%123,%124,%125,%126,%127"
#define LS_WGMMA_TILES(n, list, outputs, a, b, add, turn_a, turn_b)                                                                            \
  asm volatile("{\n .reg .pred p;\n setp.ne.b32 p, " add ", 0;\n wgmma.mma_async.sync.aligned.m64n" n "k16.f32.bf16.bf16 {" list "}, " a ", " b \
               ", p, 1, 1, " turn_a ", " turn_b ";\n}"                                                                                         \
               : outputs : "l"(a_tile), "l"(b_tile), "r"(static_cast<int>(accumulate)), "n"(kTurnA), "n"(kTurnB))
#define LS_WGMMA_REGISTERS(n, list, outputs, a0, a1, a2, a3, b, add, turn_b)                                                                   \
  asm volatile("{\n .reg .pred p;\n setp.ne.b32 p, " add ", 0;\n wgmma.mma_async.sync.aligned.m64n" n "k16.f32.bf16.bf16 {" list "}, {" a0     \
               "," a1 "," a2 "," a3 "}, " b ", p, 1, 1, " turn_b ";\n}"                                                                        \
               : outputs : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b_tile), "r"(static_cast<int>(accumulate)), "n"(kTurnB))

// D (64×kN, fp32) = A (64×16) · B (16×kN) (+ D if accumulate), bf16. Warp w of the group holds rows 16w to 16w+15; its lanes hold of each 8 columns
// what they hold of mma_16816's d: d[4j..4j+3] for columns 8j to 8j+7. kTurnA: k runs along the columns of A's tile, not along its rows; kTurnB
// likewise.
template <int kN, bool kTurnA = false, bool kTurnB = false>
LS_DEVICE void wgmma(float (&d)[kN / 2], uint64_t a_tile, uint64_t b_tile, bool accumulate) {
  static_assert(kN == 64 || kN == 128 || kN == 256);
  if constexpr (kN == 64) LS_WGMMA_TILES("64", LS_REGISTERS32, LS_OUT32(0), "%32", "%33", "%34", "%35", "%36");
  else if constexpr (kN == 128) LS_WGMMA_TILES("128", LS_REGISTERS64, LS_OUT64, "%64", "%65", "%66", "%67", "%68");
  else LS_WGMMA_TILES("256", LS_REGISTERS128, LS_OUT128, "%128", "%129", "%130", "%131", "%132");
}
// The same with A in registers, as mma_16816 has it.
template <int kN, bool kTurnB = false>
LS_DEVICE void wgmma(float (&d)[kN / 2], const uint32_t (&a)[4], uint64_t b_tile, bool accumulate) {
  static_assert(kN == 64 || kN == 128 || kN == 256);
  if constexpr (kN == 64) LS_WGMMA_REGISTERS("64", LS_REGISTERS32, LS_OUT32(0), "%32", "%33", "%34", "%35", "%36", "%37", "%38");
  else if constexpr (kN == 128) LS_WGMMA_REGISTERS("128", LS_REGISTERS64, LS_OUT64, "%64", "%65", "%66", "%67", "%68", "%69", "%70");
  else LS_WGMMA_REGISTERS("256", LS_REGISTERS128, LS_OUT128, "%128", "%129", "%130", "%131", "%132", "%133", "%134");
}

#undef LS_OUT8
#undef LS_OUT32
#undef LS_OUT64
#undef LS_OUT128
#undef LS_REGISTERS32
#undef LS_REGISTERS64
#undef LS_REGISTERS128
#undef LS_WGMMA_TILES
#undef LS_WGMMA_REGISTERS

#endif

}  // namespace ls::LS_GPU
