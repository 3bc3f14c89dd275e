// The race detector: happens-before by vector clocks, after the FastTrack algorithm (Flanagan, Freund 2009).
//
// An actor is whoever touches memory: a thread, a copy engine, the tensor core of a warpgroup. Each counts its own time; known(a)[b] is how far actor
// a has seen b. What an actor publishes in a SyncPoint, whoever acquires it knows. Two accesses conflict if they overlap, one of them writes, not
// both are atomic, and the second actor has not seen the first access. Shared memory has a cell for each two bytes; device memory as well
// (device_memory.h), where any two blocks are unordered.
#pragma once

#include <cstdint>
#include <vector>

#include "simt/sites.h"

namespace simt {

using Clock = uint32_t;
using Clocks = std::vector<Clock>;

// Published by the actors that came so far: what they have seen, and which writes they have fenced for the async proxy.
struct SyncPoint {
  Clocks seen, fenced;
  void clear() { seen.clear(), fenced.clear(); }
};

enum class Access : uint8_t {
  read,
  write,
  atomic,
  copy,        // an asynchronous write begins; it is under way until landed()
  proxy_read,  // by a copy engine or a tensor core
};

struct Finding {
  enum Kind : uint8_t { conflict, under_way, uninitialized, unfenced, shared_bounds, device_bounds, blocks, device_conflict } kind;
  Access first, second;
  Site first_site, second_site;
  int first_actor, second_actor;  // of kind blocks: the blocks, −1 for several
  int64_t block, offset, bytes;   // bytes: of the access, or of the allocation
};

class RaceDetector {
 public:
  static constexpr int kCopyEngines = 32;
  static constexpr size_t kMostFindings = 8;

  void begin_launch(int threads, size_t shared_bytes);
  void begin_block(int64_t block);

  int copy_engine(int i) const { return threads_ + i % kCopyEngines; }
  int tensor_core(int warpgroup) const { return threads_ + kCopyEngines + warpgroup; }

  // ---- order
  void release(int actor, SyncPoint& to);
  void acquire(int actor, const SyncPoint& from);
  void exchange(const int* actors, int count);  // a barrier of these
  void fence_for_proxy(int actor);              // fence.proxy.async
  // Work that an engine does for a thread knows what the thread knows, and is over when `done` is acquired.
  Clock begin_work(int engine, const int* for_actors, int count);
  void publish_work(int engine, Clock done, SyncPoint& to);
  void finish_work(int engine, Clock done, const int* for_actors, int count);

  // ---- shared memory; offsets may lie outside of it
  bool shared(int actor, int64_t offset, int bytes, Access access, Site site);  // false if outside
  void landed(int64_t offset, int bytes, int actor);                            // a copy, now as if written by the actor

  // ---- findings
  void found(const Finding& finding);
  const std::vector<Finding>& findings() const { return findings_; }
  std::string text(const Finding& finding);
  int64_t block() const { return block_; }
  Clock known(int actor, int of) const { return seen_[size_t(actor) * actors_ + of]; }

  Sites sites;
  int64_t accesses = 0, races = 0;
  bool busy = false;  // it must not look at itself: inline functions it shares with kernel files may be instrumented

 private:
  struct Record {
    static constexpr uint16_t kNobody = 0xffff;
    Clock clock;
    uint16_t actor;
    Site site;
    uint8_t bytes;  // which of the cell's two
    bool atomic, generic, under_way;
    bool exists() const { return actor != kNobody; }
  };
  // Two unordered readers of each warp are enough to convict a writer: at least one of them is not itself.
  struct Cell {
    uint32_t block;    // of an earlier block: empty
    uint8_t written;   // which bytes ever were
    uint64_t readers;  // which groups have one
    Record write;
  };
  Clock* seen(int actor) { return &seen_[size_t(actor) * actors_]; }
  Clock* fenced(int actor) { return &fenced_[size_t(actor) * actors_]; }
  Record* reads(size_t cell, int group) { return &reads_[(cell * groups_ + group) * 2]; }
  int group(int actor) const { return actor < threads_ ? actor / 32 : groups_ - 1; }
  bool unseen(const Record& record, int actor) const { return record.actor != actor && record.clock > known(actor, record.actor); }
  void touch(size_t cell, int actor, uint8_t bytes, Access access, Site site);
  void remember_read(size_t cell, const Record& record);
  void report(Finding::Kind kind, size_t cell, const Record* first, Access first_access, int actor, Access access, Site site);

  int threads_ = 0, actors_ = 0, groups_ = 0;
  int64_t block_ = 0, shared_bytes_ = 0;
  uint32_t block_stamp_ = 0;
  bool fences_ = false;  // somebody used fence.proxy.async in this block
  Clocks seen_, fenced_;
  std::vector<Cell> cells_;
  std::vector<Record> reads_;
  std::vector<Finding> findings_;
};

extern bool instrumented;  // some file of this program was compiled with -fsanitize=thread

}  // namespace simt
