// CUDA's qualifiers, vector types and the few host words that kernel files use, for the emulator.
#pragma once

#include <cstddef>
#include <cstdint>

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __restrict__ __restrict
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define __grid_constant__
#define __cluster_dims__(...)
// Only dynamic shared memory is poisoned and watched, so the other kind does not compile.
#define __shared__ _Pragma("GCC error \"static shared memory is not emulated: carve LS_SHARED\"")

#define SIMT_VECTOR(T, name, align2, align4)                                               \
  struct name##1 { T x; };                                                                 \
  struct alignas(align2) name##2 { T x, y; };                                              \
  struct name##3 { T x, y, z; };                                                           \
  struct alignas(align4) name##4 { T x, y, z, w; };                                        \
  constexpr name##1 make_##name##1(T x) { return {x}; }                                    \
  constexpr name##2 make_##name##2(T x, T y) { return {x, y}; }                            \
  constexpr name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }                    \
  constexpr name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
SIMT_VECTOR(float, float, 8, 16)
SIMT_VECTOR(int, int, 8, 16)
SIMT_VECTOR(unsigned, uint, 8, 16)
SIMT_VECTOR(short, short, 4, 8)
SIMT_VECTOR(unsigned short, ushort, 4, 8)
SIMT_VECTOR(signed char, char, 2, 4)
SIMT_VECTOR(unsigned char, uchar, 2, 4)
#undef SIMT_VECTOR
struct alignas(16) double2 { double x, y; };
struct alignas(16) longlong2 { long long x, y; };
struct alignas(16) ulonglong2 { unsigned long long x, y; };
constexpr double2 make_double2(double x, double y) { return {x, y}; }
constexpr longlong2 make_longlong2(long long x, long long y) { return {x, y}; }
constexpr ulonglong2 make_ulonglong2(unsigned long long x, unsigned long long y) { return {x, y}; }

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorInvalidConfiguration = 9, cudaErrorLaunchFailure = 719 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8, cudaFuncAttributePreferredSharedMemoryCarveout = 9 };
