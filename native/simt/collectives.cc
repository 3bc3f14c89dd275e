// Barriers of a block and collectives of a warp.
#include "simt/simt.h"

#include "simt/machine.h"

namespace simt {

// ---- warps

void meet(const char* what, unsigned mask, void* mine, Action action, Location at) {
  Machine& m = machine();
  Fiber& me = m.self();
  if (!(mask >> me.lane & 1)) fail(at, "%s: the calling lane is not in its mask %08x", what, mask);
  Rendezvous* mine_is = nullptr;
  for (Rendezvous& one : m.rendezvous[me.warp]) {
    if (one.arrived & mask || (one.arrived && one.mask & mask)) {
      mine_is = &one;
      break;
    }
  }
  if (!mine_is) {
    for (Rendezvous& one : m.rendezvous[me.warp])
      if (!one.arrived) {
        mine_is = &one;
        break;
      }
    if (!mine_is) fail(at, "%s: more than four collectives with partial masks at a time", what);
    mine_is->mask = mask;
    mine_is->action = action;
    mine_is->what = what;
    mine_is->at = at;
  }
  Rendezvous& r = *mine_is;
  if (r.mask != mask || r.action != action || r.at.line != at.line || r.at.file != at.file)
    fail(at, "divergent warp: %s with mask %08x, but other lanes are in %s with mask %08x at %s:%d,", what, mask, r.what, r.mask,
         base_name(r.at.file), r.at.line);
  r.lanes[me.lane] = mine;
  r.arrived |= 1u << me.lane;
  if (r.arrived != mask) return wait(what, at);
  m.counters.collectives++;
  r.arrived = 0;
  action(mask, r.lanes);
  m.ready[me.warp] |= mask & ~(1u << me.lane);
  me.atomics_in_a_row = 0;
}

void sync_warp(unsigned mask, Location at) {
  meet("__syncwarp", mask, nullptr, [](unsigned present, void* const*) {
    Machine& m = machine();
    if (!m.race) return;
    int actors[kLanes], count = 0;
    for (int i = 0; i < kLanes; i++)
      if (present >> i & 1) actors[count++] = m.running->warp * kLanes + i;
    m.race->exchange(actors, count);
  }, at);
}

uint32_t shuffle(unsigned mask, uint32_t value, int from, Location at) {
  struct Lane {
    uint32_t value, result;
    int from;
  } lane{value, 0, from};
  meet("__shfl_sync", mask, &lane, [](unsigned present, void* const* lanes) {
    for (int i = 0; i < kLanes; i++)
      if (present >> i & 1) {
        Lane& one = *static_cast<Lane*>(lanes[i]);
        one.result = present >> one.from & 1 ? static_cast<Lane*>(lanes[one.from])->value : 0xffffffffu;
      }
  }, at);
  return lane.result;
}

unsigned ballot(unsigned mask, bool vote, Location at) {
  struct Lane {
    bool vote;
    unsigned result;
  } lane{vote, 0};
  meet("__ballot_sync", mask, &lane, [](unsigned present, void* const* lanes) {
    unsigned votes = 0;
    for (int i = 0; i < kLanes; i++)
      if (present >> i & 1 && static_cast<Lane*>(lanes[i])->vote) votes |= 1u << i;
    for (int i = 0; i < kLanes; i++)
      if (present >> i & 1) static_cast<Lane*>(lanes[i])->result = votes;
  }, at);
  return lane.result;
}

// ---- blocks

namespace {

void arrive(int id, int threads, bool stays, const char* what, Location at) {
  Machine& m = machine();
  Fiber& me = m.self();
  Barrier& barrier = m.barriers[id];
  if (barrier.arrived == 0) {
    barrier.wanted = threads;
    barrier.at = at;
  } else if (barrier.wanted != threads) {
    fail(at, "%s: barrier %d for %d threads, but others are in it for %d at %s:%d,", what, id, threads, barrier.wanted, base_name(barrier.at.file),
         barrier.at.line);
  }
  if (m.race) m.race->release(me.linear, barrier.sync);
  if (++barrier.arrived < threads) {
    if (stays) {
      barrier.waiting.push_back(me.linear);
      wait(what, at);
    }
    return;
  }
  m.counters.barriers++;
  barrier.arrived = 0;
  barrier.result = barrier.votes;
  barrier.votes = 0;
  if (m.race) {
    for (const int linear : barrier.waiting) m.race->acquire(linear, barrier.sync);
    if (stays) m.race->acquire(me.linear, barrier.sync);
    barrier.sync.clear();
  }
  for (const int linear : barrier.waiting) wake(m, linear);
  barrier.waiting.clear();
  if (stays && m.schedule != Schedule::in_order) yield(what, at);
}

void check_named(const char* what, int id, int threads, Location at) {
  if (id < 0 || id >= kNamedBarriers) fail(at, "%s: barrier %d, expected 0 to %d", what, id, kNamedBarriers - 1);
  if (threads <= 0 || threads % kLanes || threads > machine().threads)
    fail(at, "%s: %d threads, expected a multiple of %d up to %d", what, threads, kLanes, machine().threads);
}

}  // namespace

int sync_block(bool vote, Location at) {
  Machine& m = machine();
  Barrier& barrier = m.barriers[0];
  if (barrier.arrived && (barrier.at.line != at.line || barrier.at.file != at.file))
    fail(at, "divergent block: __syncthreads, but other threads are in the one at %s:%d,", base_name(barrier.at.file), barrier.at.line);
  barrier.votes += vote;
  arrive(0, m.threads, true, "__syncthreads", at);
  return barrier.result;
}
void sync_named(int id, int threads, Location at) {
  check_named("bar.sync", id, threads, at);
  arrive(id, threads, true, "bar.sync", at);
}
void arrive_named(int id, int threads, Location at) {
  check_named("bar.arrive", id, threads, at);
  arrive(id, threads, false, "bar.arrive", at);
}

// ---- atomics

void atomic_access(const void* p, int bytes, Location at) {
  constexpr int kTurn = 1024, kSpin = 1 << 22;
  Fiber& me = machine().self();
  if (reinterpret_cast<uintptr_t>(p) % bytes) fail(at, "a misaligned atomic");
  touch(p, bytes, Access::atomic, at);
  if (++me.atomics_in_a_row % kTurn == 0) {  // it may wait for another thread
    const int so_far = me.atomics_in_a_row;
    yield("atomic", at);
    me.atomics_in_a_row = so_far;
    if (so_far > kSpin) fail(at, "a thread spins on an atomic");
  }
}

}  // namespace simt
