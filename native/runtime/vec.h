// A vector of floats as wide as the instruction set this file is compiled for, on GCC/Clang vector extensions: one source for every LS_ISA.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#ifndef LS_ISA
#define LS_ISA plain
#endif

namespace ls::LS_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vec __attribute__((vector_size(kLanes * 4)));
typedef int32_t IVec __attribute__((vector_size(kLanes * 4)));
typedef uint32_t UVec __attribute__((vector_size(kLanes * 4)));  // bits: shifts and sums wrap

inline Vec load(const float* p) { Vec v; std::memcpy(&v, p, sizeof v); return v; }
inline void store(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }
inline Vec splat(float x) { return Vec{} + x; }
inline Vec load_n(const float* p, int n) { Vec v{}; std::memcpy(&v, p, n * sizeof(float)); return v; }  // the first n lanes, the rest 0
inline void store_n(float* p, Vec v, int n) { std::memcpy(p, &v, n * sizeof(float)); }
inline Vec max(Vec a, Vec b) { return a > b ? a : b; }
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }

// Lane l of the result is lane Pick::at(l) of the 2·kLanes lanes of a, then b.
template <class Pick, int... kLane>
inline Vec shuffle_lanes(Vec a, Vec b, std::integer_sequence<int, kLane...>) { return __builtin_shufflevector(a, b, Pick::at(kLane)...); }
template <class Pick>
inline Vec shuffle(Vec a, Vec b) { return shuffle_lanes<Pick>(a, b, std::make_integer_sequence<int, kLanes>()); }

template <int kDistance>
struct Swap { static constexpr int at(int lane) { return lane ^ kDistance; } };

// Halves are folded onto each other, so the order of the sum is that of a tree.
template <int kDistance = kLanes / 2>
inline float reduce_add(Vec v) {
  v += shuffle<Swap<kDistance>>(v, v);
  if constexpr (kDistance > 1) return reduce_add<kDistance / 2>(v);
  else return v[0];
}
template <int kDistance = kLanes / 2>
inline float reduce_max(Vec v) {
  v = max(v, shuffle<Swap<kDistance>>(v, v));
  if constexpr (kDistance > 1) return reduce_max<kDistance / 2>(v);
  else return v[0];
}

// e^x for x <= 88: Cody-Waite reduction to |r| <= ln2/2, polynomial of degree 6, scaled by 2^n through the exponent bits.
// Relative error below 3e-7; x < -87 (and -inf) gives 0, NaN gives NaN.
inline Vec exp(Vec x) {
  const Vec n_magic = splat(12582912.0f);  // 1.5·2^23: adding it rounds to an integer
  Vec clamped = max(x, splat(-88.0f));
  Vec t = clamped * 1.44269504088896341f + n_magic;
  Vec n = t - n_magic;
  Vec r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  Vec p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  UVec bits, result;
  std::memcpy(&bits, &t, sizeof bits);
  std::memcpy(&result, &p, sizeof result);
  result += bits << 23;  // the integer n in the low bits of t, moved to the exponent
  std::memcpy(&p, &result, sizeof p);
  return x >= splat(-87.0f) ? p : max(splat(0.0f), x);  // that max hands NaN on
}

}  // namespace ls::LS_ISA
