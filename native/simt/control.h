// The emulator as tests see it: in which order threads run, what the last launch counted, what it found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace simt {

// in_order: threads and blocks from the first to the last. reverse: from the last to the first. random: any thread that can run, by the seed. skewed:
// one warp runs as far ahead of the others as it can. Asynchronous copies land as late as allowed in order and skewed, at once in reverse, either way
// at random.
enum class Schedule { in_order, reverse, random, skewed };
void set_schedule(Schedule schedule, uint64_t seed);  // for the launches that follow, from any thread; random with seed 1 at first
const char* name(Schedule schedule);

struct Counters {
  int64_t blocks, switches, collectives, barriers, mma;
  int64_t matrix_bank_conflicts;  // ldmatrix and stmatrix: extra passes over the banks of shared memory
  int64_t accesses;               // to shared and device memory that the race detector saw; 0 where it is not built in
  int64_t races;                  // conflicts it found, of which the report shows the first few
};
Counters counters();   // of the last launch
std::string report();  // of the last launch; empty if it found nothing wrong

bool detects_races();   // the race build

// Device memory for the race detector: reads and writes beside it, and conflicts of blocks on it, are reported. slack: bytes on either side that
// belong to the allocation too.
void watch(void* memory, size_t bytes, size_t slack);
void unwatch(void* memory);

}  // namespace simt
