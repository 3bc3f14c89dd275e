// Run-time choice of the instruction set.
//
// Every <op>_cpu.cc is compiled once for each instruction set (cmake/CpuKernels.cmake) with LS_ISA naming the namespace its code lives in:
// plain (what the compiler's default target has), avx2 (x86-64-v3: AVX2 + FMA) and avx512 (x86-64-v4). LS_CPU_OP in the op's header declares the
// variants and the function that picks one. The choice is made once, at the first call, and never changes the meaning of a result.
#pragma once

#include "runtime/bf16.h"

namespace ls {

enum class Isa { plain, avx2, avx512 };

Isa best_isa();                    // what this machine has and this library was built with
Isa isa();                         // what is used: best_isa() unless set_isa was called
void set_isa(Isa isa);             // tests and benchmarks
const char* isa_name(Isa isa);     // "plain", "avx2", "avx512"

}  // namespace ls

#if defined(LS_X86)
#define LS_CPU_OP(name, Args)                           \
  namespace ls::cpu {                                   \
  namespace plain { void name(const Args&); }           \
  namespace avx2 { void name(const Args&); }            \
  namespace avx512 { void name(const Args&); }          \
  inline void name(const Args& args) {                  \
    switch (isa()) {                                    \
      case Isa::avx512: return avx512::name(args);      \
      case Isa::avx2: return avx2::name(args);          \
      default: return plain::name(args);                \
    }                                                   \
  }                                                     \
  }
#else
#define LS_CPU_OP(name, Args)                           \
  namespace ls::cpu {                                   \
  namespace plain { void name(const Args&); }           \
  inline void name(const Args& args) { plain::name(args); } \
  }
#endif

// Backends. cpu computes in fp32. <op>_cuda.cu is compiled twice: by nvcc into ls::cuda, and by the C++ compiler against the emulator (native/simt, test
// builds only) into ls::simt; LS_GPU names the namespace. Both store bf16 and sum in fp32, on the engine's stream (runtime/gpu.h).
#define LS_BACKEND_DECLARE(...)                \
  namespace ls::cpu { __VA_ARGS__; }           \
  namespace ls::cuda { __VA_ARGS__; }          \
  namespace ls::simt { __VA_ARGS__; }
#define LS_GPU_OP(name, Args)                       \
  namespace ls::cuda { void name(const Args&); }    \
  namespace ls::simt { void name(const Args&); }
// An op of all backends whose CPU side needs no instruction set of its own, or has its own choice of one.
#define LS_BACKEND_OP(name, Struct)                       \
  namespace ls::cpu { void name(const Struct<float>&); }  \
  LS_GPU_OP(name, Struct<bf16>)
// An op of all backends with a CPU side for each instruction set.
#define LS_OP(name, Struct)        \
  LS_CPU_OP(name, Struct<float>)   \
  LS_GPU_OP(name, Struct<bf16>)
