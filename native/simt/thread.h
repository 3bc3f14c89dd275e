// What a running kernel sees of the emulator: who the thread is, and the calls behind CUDA's words (simt.h) and the atoms (atoms.h). Each call takes
// the place in the source it came from, so that reports can name it.
#pragma once

#include <cstring>
#include <functional>

#include "simt/types.h"

namespace simt {

struct Location {
  const char* file;
  int line;
};
// The caller's place as two defaulted parameters (gcc 12 evaluates __builtin_LINE too early inside one braced default), and that place as a value.
#define SIMT_CALLER const char *caller_file = __builtin_FILE(), int caller_line = __builtin_LINE()
#define SIMT_HERE ::simt::Location{caller_file, caller_line}
// For code in headers that touches memory on behalf of the emulator: the race detector must not take it for the kernel's.
#define SIMT_UNSEEN __attribute__((noinline, no_sanitize("thread")))

struct Thread {
  uint3 index;
  int linear, lane, warp;
};
struct Block {
  dim3 grid, shape;
  uint3 index;
  unsigned char* shared;
  size_t shared_bytes;
  Thread* running;
};
// The block that the calling thread runs, null outside of a kernel: threads beside it run host code only. (__thread is thread_local without a wrapper.)
extern __thread Block* here;

inline void* shared_memory() { return here->shared; }

// Runs a kernel to its end. `kernel` is only its identity; body calls it with its arguments, once for each thread.
cudaError_t launch(const void* kernel, dim3 grid, dim3 block, size_t shared_bytes, const std::function<void()>& body);
cudaError_t allow_shared_memory(const void* kernel, int bytes);

// Ends the launch with a report.
[[noreturn]] void fail(Location at, const char* format, ...) __attribute__((format(printf, 2, 3)));

int sync_block(bool vote, Location at);  // __syncthreads; how many threads voted
// bar.sync / bar.arrive for `threads` of the block.
void sync_named(int barrier, int threads, Location at);
void arrive_named(int barrier, int threads, Location at);
void sync_warp(unsigned mask, Location at);

// A warp collective: each lane of mask brings `mine`; when all have, action runs once with the lanes' pointers, and all go on.
using Action = void (*)(unsigned mask, void* const* lanes);
void meet(const char* what, unsigned mask, void* mine, Action action, Location at);

uint32_t shuffle(unsigned mask, uint32_t value, int from, Location at);  // an absent lane gives NaN bits
unsigned ballot(unsigned mask, bool vote, Location at);

// Before a read-modify-write of memory.
void atomic_access(const void* p, int bytes, Location at);

uint32_t shared_offset(const void* p, Location at);
void copy_async(void* to, const void* from, int bytes, bool valid, Location at);
void copy_async_commit();
void copy_async_wait(int pending, Location at);
void load_matrix_x4(uint32_t* r, const void* row, bool transposed, Location at);
void store_matrix_x4(const uint32_t* r, void* row, bool transposed, Location at);
void mma_16816(float* d, const uint32_t* a, const uint32_t* b, Location at);

}  // namespace simt
