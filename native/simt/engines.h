// State of the units that work beside the threads: barriers in shared memory, copy engines, the tensor cores of warpgroups.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "simt/hopper.h"
#include "simt/race.h"

namespace simt {

constexpr int kWarpgroup = 128;

struct MemoryBarrier {
  int arrivals, missing, bytes;  // bytes: expected and not here yet
  unsigned phase;
  int number;  // in the block, names its copy engine
  std::vector<int> waiting;
  SyncPoint coming, passed;  // of this phase, and of the last
};

struct BulkCopy {
  void* to;
  const void* from;  // null: a box of map
  int bytes;
  TensorMap map;
  int row, column;
  uint64_t* barrier;
  int engine;
  Site site;
};

struct BulkReduce {
  float* to;
  const float* from;
  int bytes;
  Clock done;
  bool landed;
  Site site;
};
struct BulkGroups {  // of a thread
  std::vector<BulkReduce> open;
  std::deque<std::vector<BulkReduce>> committed;
};

struct Product {
  Wgmma what;
  float* d[kWarpgroup];
  uint32_t a[kWarpgroup][4];
  Clock done;
};
struct Warpgroup {
  // The meeting of its threads.
  int arrived = 0;
  const char* what = nullptr;
  Location at{};
  const void* mine[kWarpgroup];
  // Products.
  bool fenced = false;
  std::vector<Product> open;
  std::deque<std::vector<Product>> committed;
  std::map<float*, std::vector<float>> accumulators;  // of products under way: the registers hold NaN until they are waited for
  std::map<float*, std::vector<float>> results;       // as the last wait left them
};

struct Engines {
  std::map<uint64_t*, MemoryBarrier> barriers;
  std::vector<BulkCopy> copies;
  std::map<int, BulkGroups> reductions;  // by thread
  std::vector<Warpgroup> warpgroups;
  bool used = false;
  void clear(int threads) {
    if (used) barriers.clear(), copies.clear(), reductions.clear(), warpgroups.clear();
    used = false;
    warpgroups.resize(threads / kWarpgroup);
  }
};

struct Machine;
bool advance_engines(Machine& m);  // lets one copy land; false if none is under way

}  // namespace simt
