// The allocations that kernels may touch, and who touched them in this launch: blocks run in any order, so two of them may not share bytes that one
// of them writes, unless both do so by atomics.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simt/race.h"

namespace simt {

class DeviceMemory {
 public:
  void add(uintptr_t begin, size_t bytes, size_t slack);
  void remove(uintptr_t begin);
  void begin_launch() { launch_++; }
  // An access by the thread `actor`. False if it is outside of an allocation near it; addresses that belong to none are nobody's business.
  bool access(RaceDetector& detector, int actor, uintptr_t address, int bytes, Access access, Site site);

 private:
  static constexpr uint32_t kNone = 0xffffffff, kMany = 0xfffffffe;
  // Two bytes.
  struct Cell {
    uint32_t launch;          // of an earlier launch: empty
    uint32_t writer, reader;  // blocks
    Clock clock;              // of the write
    uint16_t thread;
    Site writer_site, reader_site;
    bool atomic;
  };
  struct Release {
    void operator()(Cell* cells) const;
  };
  struct Region {
    uintptr_t begin, end, slack;
    std::unique_ptr<Cell, Release> cells;  // zero pages until touched
  };
  Region* find(uintptr_t address);
  void touch(RaceDetector& detector, Region& region, size_t index, int actor, Access access, Site site);

  std::vector<Region> regions_;  // by address
  Region* last_ = nullptr;
  uint32_t launch_ = 0;
};

}  // namespace simt
