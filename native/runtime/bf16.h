// bfloat16 as storage: the upper half of a float. Arithmetic is in fp32.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__CUDACC__)
#define LS_HOST_DEVICE __host__ __device__
#else
#define LS_HOST_DEVICE
#endif

namespace ls {

struct bf16 {
  uint16_t bits;
};

LS_HOST_DEVICE inline float to_float(bf16 x) {
  const uint32_t bits = uint32_t{x.bits} << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
LS_HOST_DEVICE inline float to_float(float x) { return x; }

// To the nearest, ties to even; NaN stays NaN.
LS_HOST_DEVICE inline bf16 to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

}  // namespace ls
