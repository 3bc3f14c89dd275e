// CUDA's words for a kernel file compiled by the C++ compiler against the emulator: types.h and numbers.h, and here what concerns threads. README.md
// says what is modelled.
#pragma once

#ifndef LS_SIMT
#error "simt/simt.h is for builds with LS_SIMT"
#endif

#include <type_traits>

#include "simt/numbers.h"
#include "simt/thread.h"
#include "simt/types.h"

#define threadIdx (::simt::here->running->index)
#define blockIdx (::simt::here->index)
#define blockDim (::simt::here->shape)
#define gridDim (::simt::here->grid)
#define warpSize 32

template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute attribute, int value) {
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
  return simt::allow_shared_memory(reinterpret_cast<const void*>(kernel), value);
}

// ---- barriers and fences
inline void __syncthreads(SIMT_CALLER) { simt::sync_block(false, SIMT_HERE); }
inline int __syncthreads_count(int vote, SIMT_CALLER) { return simt::sync_block(vote, SIMT_HERE); }
inline int __syncthreads_or(int vote, SIMT_CALLER) { return simt::sync_block(vote, SIMT_HERE) != 0; }
inline int __syncthreads_and(int vote, SIMT_CALLER) { return simt::sync_block(!vote, SIMT_HERE) == 0; }
inline void __syncwarp(unsigned mask = 0xffffffffu, SIMT_CALLER) { simt::sync_warp(mask, SIMT_HERE); }
inline void __threadfence() {}        // memory is sequentially consistent here
inline void __threadfence_block() {}

// ---- votes
inline unsigned __ballot_sync(unsigned mask, int vote, SIMT_CALLER) { return simt::ballot(mask, vote, SIMT_HERE); }
inline int __any_sync(unsigned mask, int vote, SIMT_CALLER) { return simt::ballot(mask, vote, SIMT_HERE) != 0; }
inline int __all_sync(unsigned mask, int vote, SIMT_CALLER) { return simt::ballot(mask, vote, SIMT_HERE) == mask; }

// ---- shuffles of 4 and 8 bytes
namespace simt {
template <class T>
T shuffle_value(unsigned mask, T value, int from, Location at) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
  uint32_t words[sizeof(T) / 4];
  memcpy(words, &value, sizeof value);
  for (uint32_t& word : words) word = shuffle(mask, word, from, at);
  memcpy(&value, words, sizeof value);
  return value;
}
// Lanes are cut into segments of `width`; a source outside of the own segment is the own lane.
inline int within(int lane, int source, int width) { return (source & -width) == (lane & -width) ? source : lane; }
}  // namespace simt

template <class T>
T __shfl_sync(unsigned mask, T value, int from, int width = 32, SIMT_CALLER) {
  return simt::shuffle_value(mask, value, (simt::here->running->lane & -width) | (from & (width - 1)), SIMT_HERE);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int change, int width = 32, SIMT_CALLER) {
  const int lane = simt::here->running->lane, source = lane ^ change;
  return simt::shuffle_value(mask, value, (source & -width) <= (lane & -width) ? source : lane, SIMT_HERE);  // earlier segments may be read
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32, SIMT_CALLER) {
  const int lane = simt::here->running->lane;
  return simt::shuffle_value(mask, value, simt::within(lane, lane + static_cast<int>(distance), width), SIMT_HERE);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32, SIMT_CALLER) {
  const int lane = simt::here->running->lane;
  return simt::shuffle_value(mask, value, simt::within(lane, lane - static_cast<int>(distance), width), SIMT_HERE);
}

// ---- reductions over the lanes of a mask (sm_80: 32-bit integers)
namespace simt {
template <class T, class Combine>
T reduce(unsigned mask, T mine, Combine, Location at) {
  struct Lane { T value; } lane{mine};
  meet("__reduce_sync", mask, &lane, [](unsigned present, void* const* lanes) {
    T all{};
    bool first = true;
    for (int i = 0; i < 32; i++)
      if (present >> i & 1) {
        const T one = static_cast<Lane*>(lanes[i])->value;
        all = first ? one : Combine::of(all, one);
        first = false;
      }
    for (int i = 0; i < 32; i++)
      if (present >> i & 1) static_cast<Lane*>(lanes[i])->value = all;
  }, at);
  return lane.value;
}
struct Sum { template <class T> static T of(T a, T b) { return a + b; } };
struct Smaller { template <class T> static T of(T a, T b) { return b < a ? b : a; } };
struct Larger { template <class T> static T of(T a, T b) { return a < b ? b : a; } };
struct Both { template <class T> static T of(T a, T b) { return a & b; } };
struct Either { template <class T> static T of(T a, T b) { return a | b; } };
struct Differ { template <class T> static T of(T a, T b) { return a ^ b; } };
}  // namespace simt
template <class T> T __reduce_add_sync(unsigned mask, T x, SIMT_CALLER) { return simt::reduce(mask, x, simt::Sum(), SIMT_HERE); }
template <class T> T __reduce_min_sync(unsigned mask, T x, SIMT_CALLER) { return simt::reduce(mask, x, simt::Smaller(), SIMT_HERE); }
template <class T> T __reduce_max_sync(unsigned mask, T x, SIMT_CALLER) { return simt::reduce(mask, x, simt::Larger(), SIMT_HERE); }
inline unsigned __reduce_and_sync(unsigned mask, unsigned x, SIMT_CALLER) { return simt::reduce(mask, x, simt::Both(), SIMT_HERE); }
inline unsigned __reduce_or_sync(unsigned mask, unsigned x, SIMT_CALLER) { return simt::reduce(mask, x, simt::Either(), SIMT_HERE); }
inline unsigned __reduce_xor_sync(unsigned mask, unsigned x, SIMT_CALLER) { return simt::reduce(mask, x, simt::Differ(), SIMT_HERE); }

// ---- atomics: they return the old value
namespace simt {
template <class T, class Change>
SIMT_UNSEEN T read_modify_write(T* p, Change change, Location at) {
  atomic_access(p, sizeof(T), at);
  const T old = *p;
  *p = change(old);
  return old;
}
template <class T> struct Same { using type = T; };  // keeps a second argument out of deduction: atomicAdd(&counter, 1)
}  // namespace simt
#define SIMT_ATOMIC(name, expression)                                                                     \
  template <class T>                                                                                      \
  inline T name(T* p, typename simt::Same<T>::type x, SIMT_CALLER) {                                      \
    return simt::read_modify_write(p, [x](T old) -> T { return expression; }, SIMT_HERE);                 \
  }
SIMT_ATOMIC(atomicAdd, old + x)
SIMT_ATOMIC(atomicSub, old - x)
SIMT_ATOMIC(atomicMin, x < old ? x : old)
SIMT_ATOMIC(atomicMax, old < x ? x : old)
SIMT_ATOMIC(atomicAnd, old & x)
SIMT_ATOMIC(atomicOr, old | x)
SIMT_ATOMIC(atomicXor, old ^ x)
SIMT_ATOMIC(atomicExch, ((void)old, x))
SIMT_ATOMIC(atomicInc, old >= x ? T(0) : T(old + 1))
SIMT_ATOMIC(atomicDec, old == 0 || old > x ? x : T(old - 1))
#undef SIMT_ATOMIC
template <class T>
inline T atomicCAS(T* p, typename simt::Same<T>::type expected, typename simt::Same<T>::type x, SIMT_CALLER) {
  return simt::read_modify_write(p, [=](T old) -> T { return old == expected ? x : old; }, SIMT_HERE);
}

// ---- loads and stores with a caching hint
template <class T> inline T __ldg(const T* p) { return *p; }
template <class T> inline T __ldca(const T* p) { return *p; }
template <class T> inline T __ldcg(const T* p) { return *p; }
template <class T> inline T __ldcs(const T* p) { return *p; }
template <class T> inline T __ldlu(const T* p) { return *p; }
template <class T> inline T __ldcv(const T* p) { return *p; }
template <class T> inline void __stwb(T* p, T x) { *p = x; }
template <class T> inline void __stcg(T* p, T x) { *p = x; }
template <class T> inline void __stcs(T* p, T x) { *p = x; }
template <class T> inline void __stwt(T* p, T x) { *p = x; }
