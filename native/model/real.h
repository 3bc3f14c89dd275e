// The backend that a file of the decoder is compiled for. forward, backward, decode and the rest are written once and compiled once for each backend
// (LS_BACKEND = cpu, cuda or simt) into its namespace, where the ops they call are found and Real is what those store: float, or bf16 on a GPU.
#pragma once

#include <cstring>
#include <string>

#include "runtime/arena.h"
#include "runtime/bf16.h"
#include "runtime/error.h"
#include "runtime/gpu.h"
#include "runtime/threads.h"

#ifndef LS_BACKEND
#define LS_BACKEND cpu
#endif

// The memory that kernels work on, and the ways in and out of it. On the CPU it is the host's own.
namespace ls::cpu {
using Real = float;
constexpr bool kDevice = false;
inline const MemorySource& memory_source() { return kHostMemory; }
inline void upload(void* to, const void* from, int64_t bytes) { if (bytes > 0) std::memcpy(to, from, bytes); }
inline void download(void* to, const void* from, int64_t bytes) { if (bytes > 0) std::memcpy(to, from, bytes); }
inline void fill_zero(void* memory, int64_t bytes) {
  parallel_ranges(bytes, 1 << 20, [&](int64_t begin, int64_t end) { std::memset(static_cast<char*>(memory) + begin, 0, end - begin); });
}
}  // namespace ls::cpu

#define LS_DEVICE_MODEL                                                                                                        \
  using Real = bf16;                                                                                                           \
  constexpr bool kDevice = true;                                                                                               \
  inline const MemorySource& memory_source() {                                                                                 \
    static const MemorySource source{[](int64_t bytes, const std::string&) {                                                   \
                                       void* block = allocate(bytes);                                                          \
                                       fill_zero(block, bytes);                                                                \
                                       return block;                                                                           \
                                     },                                                                                        \
                                     [](void* block, int64_t) { release(block); }, available_memory,                           \
                                     [](int64_t bytes) { return (bytes + 255) / 256 * 256; }};                                 \
    return source;                                                                                                             \
  }
namespace ls::cuda { LS_DEVICE_MODEL }
namespace ls::simt { LS_DEVICE_MODEL }
#undef LS_DEVICE_MODEL

namespace ls::LS_BACKEND {

// `count` elements to or from the backend's memory.
template <class T>
void upload_all(T* to, const T* from, int64_t count) { upload(to, from, count * static_cast<int64_t>(sizeof(T))); }
template <class T>
void download_all(T* to, const T* from, int64_t count) { download(to, from, count * static_cast<int64_t>(sizeof(T))); }

}  // namespace ls::LS_BACKEND
