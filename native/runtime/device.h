// The one header of a kernel file (<op>_cuda.cu): CUDA's words, the atoms, the launch. nvcc compiles the file for the GPU into ls::cuda; the C++ compiler
// compiles the very same file against the emulator (simt/) into ls::simt, for tests.
//
// Rules (they keep a kernel checkable without a GPU)
//   - Every PTX instruction is an atom of atoms_ptx.h with a twin in simt/atoms.h. Kernels contain no asm, no cooperative groups, no cuda_bf16.h arithmetic.
//   - Shared memory is dynamic, LS_SHARED, and carved by offsets; the emulator poisons and watches it.
//   - Blocks are multiples of 32 threads; nobody returns before a barrier; collectives name their mask, one call site a line.
//   - Inside a warp, __syncwarp orders shared memory; hope does not.
//   - Arrays that cross an atom are plain locals, loops over them LS_UNROLL.
//   - Kernels stand in a named namespace (an anonymous one puts a hash of the path into their names).
#pragma once

#ifdef LS_SIMT
#include "simt/simt.h"
#else
#include <cuda_runtime.h>
#endif

#include <cstdint>

#include "runtime/bf16.h"
#include "runtime/gpu.h"

#ifdef LS_SIMT
#define LS_SHARED(name) unsigned char* name = static_cast<unsigned char*>(::simt::shared_memory())
#define LS_UNROLL
#define LS_NO_UNROLL
#else
#define LS_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]
#define LS_UNROLL _Pragma("unroll")
#define LS_NO_UNROLL _Pragma("unroll 1")
#endif
#define LS_DEVICE __device__ __forceinline__
#define LS_KERNEL(threads, ...) __global__ void __launch_bounds__(threads, ##__VA_ARGS__)

#ifdef LS_SIMT
#include "simt/atoms.h"
#else
#include "runtime/atoms_ptx.h"
#include "runtime/atoms_ptx_sm90.h"
#endif

namespace ls::LS_GPU {

constexpr unsigned kWholeWarp = 0xffffffffu;
constexpr float kLog2E = 1.44269504f, kLn2 = 0.693147181f;  // log₂e and ln 2: a GPU has powers of 2

// Starts a kernel on the engine's stream; shared: bytes of dynamic shared memory. Throws ls::Error with the op's name if it cannot start.
template <class... Parameters, class... Arguments>
void launch(const char* op, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared, Arguments... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  if (shared > 48 * 1024) started(op, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)));
#ifdef LS_SIMT
  submit([=] { started(op, ::simt::launch(reinterpret_cast<const void*>(kernel), grid, block, shared, [=] { kernel(arguments...); })); });
#else
  kernel<<<grid, block, shared, static_cast<cudaStream_t>(stream())>>>(arguments...);
  started(op, cudaGetLastError());
#endif
}

}  // namespace ls::LS_GPU
