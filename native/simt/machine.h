// The emulated multiprocessor: what the emulator's own files share. One block at a time runs on it, one fiber for each of the block's threads.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "simt/control.h"
#include "simt/engines.h"
#include "simt/fiber.h"
#include "simt/race.h"
#include "simt/thread.h"

namespace simt {

constexpr int kLanes = 32;
constexpr int kNamedBarriers = 16;
constexpr size_t kPlainSharedBytes = 48 * 1024;   // without cudaFuncSetAttribute
constexpr size_t kMostSharedBytes = 227 * 1024;   // of a block on compute capability 9.0
constexpr size_t kSharedSlack = 4096;             // beside shared memory, so that a stray access does no harm before it is reported
constexpr unsigned char kPoison = 0xff;           // bytes of NaNs

struct CopyAsync {
  void* to;
  const void* from;
  int bytes;
  bool valid, landed;
  Location at;
};

struct Fiber : Thread {
  enum State { ready, waiting, exited };
  Context context;
  State state;
  const char* doing;  // what it waits for, and where
  Location at;
  std::vector<CopyAsync> copies;       // cp.async: not yet waited for,
  std::vector<size_t> group_ends;      // and where the committed groups end among them
  int atomics_in_a_row;
};

struct Rendezvous {  // of lanes of one warp
  unsigned mask = 0, arrived = 0;
  Action action = nullptr;
  const char* what = nullptr;
  Location at{};
  void* lanes[kLanes];
};

struct Barrier {
  int arrived = 0, wanted = 0;
  int votes = 0, result = 0;  // __syncthreads_count: so far, and of the last time
  Location at{};
  std::vector<int> waiting;
  SyncPoint sync;
};

class DeviceMemory;

struct Machine : Block {
  const std::function<void()>* body;
  Schedule schedule;
  uint64_t random_state;
  int threads, warps;

  std::vector<Fiber> fibers;
  std::vector<unsigned> ready;  // a mask of lanes for each warp
  int alive, current_warp, favourite;
  Context host;
  Stacks stacks;

  std::vector<std::array<Rendezvous, 4>> rendezvous;  // up to four at a time in a warp, of disjoint masks
  Barrier barriers[kNamedBarriers];

  Engines engines;
  RaceDetector* race = nullptr;  // null where it is not built in
  DeviceMemory* device = nullptr;

  Counters counters;
  std::string report;
  bool failed;     // something was reported: the launch fails
  bool abandoned;  // and cannot go on

  Fiber& self() { return static_cast<Fiber&>(*running); }
  uint64_t random();
  bool in_shared(const void* p, int bytes = 1) const {
    const unsigned char* at = static_cast<const unsigned char*>(p);
    return at >= shared && at + bytes <= shared + shared_bytes;
  }
};

inline Machine& machine() { return static_cast<Machine&>(*here); }

// ---- scheduler.cc
void wake(Machine& m, int linear);
void wait(const char* doing, Location at);    // until somebody wakes the running fiber
void yield(const char* doing, Location at);   // lets any other fiber go first
[[noreturn]] void abandon();                  // leaves the block for good
bool run_block(Machine& m);                   // false if it was abandoned

// ---- bulk_copies.cc
size_t swizzled(size_t offset, Swizzle swizzle);  // where a swizzle puts a byte of shared memory

// ---- shared_memory.cc: what the emulator itself does on behalf of the running thread, for the detector
void touch(Machine& m, const void* p, int bytes, Access access, Site site);  // may abandon the block
inline void touch(const void* p, int bytes, Access access, Location at) {
  Machine& m = machine();
  if (m.race) touch(m, p, bytes, access, m.race->sites.of(at));
}

// ---- report.cc
void note(Machine& m, const char* format, ...) __attribute__((format(printf, 2, 3)));  // a line of the report
const char* base_name(const char* path);

}  // namespace simt
