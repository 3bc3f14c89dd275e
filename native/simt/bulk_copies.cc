// Barriers in shared memory (mbarrier) and the copy engine (cp.async.bulk). A copy lands when nobody else can run, or earlier, as the schedule has
// it; until then its destination is poisoned.
#include <algorithm>

#include "simt/device_memory.h"
#include "simt/engines.h"
#include "simt/machine.h"

namespace simt {
namespace {

MemoryBarrier& find(uint64_t* barrier, Location at) {
  auto& all = machine().engines.barriers;
  const auto found = all.find(barrier);
  if (found == all.end()) fail(at, "a barrier in shared memory that nobody made");
  return found->second;
}

void finish_phase(Machine& m, MemoryBarrier& barrier) {
  if (barrier.missing > 0 || barrier.bytes != 0) return;
  barrier.phase++;
  barrier.missing = barrier.arrivals;
  barrier.passed = barrier.coming;
  for (const int linear : barrier.waiting) wake(m, linear);
  barrier.waiting.clear();
}

bool over(const MemoryBarrier& barrier, int parity) { return static_cast<int>(barrier.phase & 1) != parity; }

int row_width(Swizzle swizzle) { return swizzle == Swizzle::none ? 16 : 16 << static_cast<int>(swizzle); }

void land_box(Machine& m, const BulkCopy& copy) {
  const TensorMap& map = copy.map;
  const size_t start = static_cast<unsigned char*>(copy.to) - m.shared;
  for (int i = 0; i < map.box_rows; i++)
    for (int j = 0; j < map.box_columns; j++) {
      const int64_t row = copy.row + i, column = copy.column + j;
      uint16_t element = 0;
      if (row >= 0 && row < map.rows && column >= 0 && column < map.columns)
        memcpy(&element, static_cast<const unsigned char*>(map.base) + row * map.row_bytes + column * 2, 2);
      memcpy(m.shared + swizzled(start + (size_t(i) * map.box_columns + j) * 2, map.swizzle), &element, 2);
    }
}

void read_source(Machine& m, const BulkCopy& copy) {
  const auto read = [&](const void* p, int64_t bytes) {
    m.device->access(*m.race, copy.engine, reinterpret_cast<uintptr_t>(p), static_cast<int>(bytes), Access::read, copy.site);
  };
  if (copy.from) return read(copy.from, copy.bytes);
  const int64_t first = std::max<int64_t>(copy.column, 0), last = std::min<int64_t>(copy.column + copy.map.box_columns, copy.map.columns);
  if (first >= last) return;
  for (int64_t row = std::max(copy.row, 0); row < std::min<int64_t>(copy.row + copy.map.box_rows, copy.map.rows); row++)
    read(static_cast<const unsigned char*>(copy.map.base) + row * copy.map.row_bytes + first * 2, (last - first) * 2);
}

void start(BulkCopy copy, const char* what, int alignment, Location at) {
  Machine& m = machine();
  if (!m.in_shared(copy.to, copy.bytes)) fail(at, "%s: the destination is not in the block's shared memory", what);
  const size_t offset = static_cast<unsigned char*>(copy.to) - m.shared;
  if (offset % alignment) fail(at, "%s: the destination is not aligned to %d bytes", what, alignment);
  const MemoryBarrier& barrier = find(copy.barrier, at);
  if (m.race) {
    RaceDetector& race = *m.race;
    const int thread = m.running->linear;
    copy.engine = race.copy_engine(barrier.number);
    copy.site = race.sites.of(at);
    race.begin_work(copy.engine, &thread, 1);
    race.shared(copy.engine, reinterpret_cast<unsigned char*>(copy.barrier) - m.shared, 8, Access::proxy_read, copy.site);
    race.shared(copy.engine, offset, copy.bytes, Access::copy, copy.site);
  }
  memset(copy.to, kPoison, copy.bytes);
  m.engines.copies.push_back(copy);
  if (m.schedule == Schedule::reverse || (m.schedule == Schedule::random && m.random() % 2)) advance_engines(m);
}

void add(Machine& m, BulkReduce& reduce) {
  if (reduce.landed) return;
  if (m.race) {
    const int engine = m.race->copy_engine(m.running->linear);
    m.device->access(*m.race, engine, reinterpret_cast<uintptr_t>(reduce.to), reduce.bytes, Access::atomic, reduce.site);
  }
  for (int i = 0; i < reduce.bytes / 4; i++) reduce.to[i] += reduce.from[i];
  reduce.landed = true;
}

}  // namespace

// ---- barriers

void barrier_init(uint64_t* barrier, int arrivals, Location at) {
  Machine& m = machine();
  if (!m.in_shared(barrier, 8) || reinterpret_cast<uintptr_t>(barrier) % 8) fail(at, "mbarrier: not 8 aligned bytes of the block's shared memory");
  if (arrivals < 1) fail(at, "mbarrier: %d arrivals, expected at least 1", arrivals);
  touch(barrier, 8, Access::write, at);
  m.engines.used = true;
  MemoryBarrier made{};
  made.arrivals = made.missing = arrivals;
  made.number = static_cast<int>(m.engines.barriers.size());
  m.engines.barriers[barrier] = made;
}

void barrier_arrive(uint64_t* barrier, int expected_bytes, Location at) {
  Machine& m = machine();
  MemoryBarrier& b = find(barrier, at);
  touch(barrier, 8, Access::read, at);
  if (--b.missing < 0) fail(at, "mbarrier: more threads arrive than the %d it was made for", b.arrivals);
  b.bytes += expected_bytes;
  if (m.race) m.race->release(m.running->linear, b.coming);
  finish_phase(m, b);
}

bool barrier_passed(uint64_t* barrier, int parity, Location at) {
  Machine& m = machine();
  touch(barrier, 8, Access::read, at);
  if (!over(find(barrier, at), parity)) yield("mbarrier.try_wait", at);
  MemoryBarrier& b = find(barrier, at);
  if (!over(b, parity)) return false;
  if (m.race) m.race->acquire(m.running->linear, b.passed);
  return true;
}

void barrier_wait(uint64_t* barrier, int parity, Location at) {
  Machine& m = machine();
  MemoryBarrier& b = find(barrier, at);
  touch(barrier, 8, Access::read, at);
  if (m.schedule == Schedule::random && m.random() % 4 == 0) advance_engines(m);
  while (!over(b, parity)) {
    b.waiting.push_back(m.running->linear);
    wait("mbarrier wait", at);
  }
  if (m.race) m.race->acquire(m.running->linear, b.passed);
}

void fence_async_proxy() {
  Machine& m = machine();
  if (m.race) m.race->fence_for_proxy(m.running->linear);
}

// ---- copies

int check_tensor_map(const TensorMap& map) {
  const bool fits = reinterpret_cast<uintptr_t>(map.base) % 16 == 0 && map.row_bytes % 16 == 0 && map.rows > 0 && map.columns > 0 &&
                    map.box_rows >= 1 && map.box_rows <= 256 && map.box_columns >= 1 && map.box_columns <= 256 && map.box_columns * 2 % 16 == 0 &&
                    (map.swizzle == Swizzle::none || map.box_columns * 2 == row_width(map.swizzle));
  return fits ? 0 : cudaErrorInvalidValue;
}

size_t swizzled(size_t offset, Swizzle swizzle) {  // 16-byte columns of a piece of 8 rows change places by row
  const size_t rows = (size_t{1} << static_cast<int>(swizzle)) - 1;
  return offset ^ (offset >> 7 & rows) << 4;
}

void bulk_load(void* to, const void* from, int bytes, uint64_t* barrier, Location at) {
  if (bytes <= 0 || bytes % 16) fail(at, "cp.async.bulk: %d bytes, expected a multiple of 16", bytes);
  if (reinterpret_cast<uintptr_t>(from) % 16) fail(at, "cp.async.bulk: the source is not aligned to 16 bytes");
  start({to, from, bytes, {}, 0, 0, barrier, 0, 0}, "cp.async.bulk", 16, at);
}

void tensor_load(void* to, const TensorMap& map, int row, int column, uint64_t* barrier, Location at) {
  const int alignment = map.swizzle == Swizzle::none ? 128 : 8 * row_width(map.swizzle);
  start({to, nullptr, map.box_rows * map.box_columns * 2, map, row, column, barrier, 0, 0}, "cp.async.bulk.tensor", alignment, at);
}

bool advance_engines(Machine& m) {
  std::vector<BulkCopy>& copies = m.engines.copies;
  if (copies.empty()) return false;
  const size_t chosen = m.schedule == Schedule::in_order ? 0 : m.random() % copies.size();
  const BulkCopy copy = copies[chosen];
  copies.erase(copies.begin() + chosen);
  MemoryBarrier& barrier = m.engines.barriers.at(copy.barrier);
  if (m.race) {
    read_source(m, copy);
    m.race->landed(static_cast<unsigned char*>(copy.to) - m.shared, copy.bytes, copy.engine);
    m.race->publish_work(copy.engine, m.race->known(copy.engine, copy.engine), barrier.coming);
  }
  if (copy.from) memcpy(copy.to, copy.from, copy.bytes);
  else land_box(m, copy);
  barrier.bytes -= copy.bytes;
  finish_phase(m, barrier);
  return true;
}

// ---- reductions into device memory

void bulk_reduce_add(float* to, const float* from, int bytes, Location at) {
  Machine& m = machine();
  if (bytes <= 0 || bytes % 16) fail(at, "cp.reduce.async.bulk: %d bytes, expected a multiple of 16", bytes);
  if (reinterpret_cast<uintptr_t>(to) % 16 || reinterpret_cast<uintptr_t>(from) % 16) fail(at, "cp.reduce.async.bulk: not aligned to 16 bytes");
  if (!m.in_shared(from, bytes)) fail(at, "cp.reduce.async.bulk: the source is not in the block's shared memory");
  BulkReduce reduce{to, from, bytes, 0, false, 0};
  if (m.race) {
    const int thread = m.running->linear, engine = m.race->copy_engine(thread);
    reduce.site = m.race->sites.of(at);
    reduce.done = m.race->begin_work(engine, &thread, 1);
    m.race->shared(engine, reinterpret_cast<const unsigned char*>(from) - m.shared, bytes, Access::proxy_read, reduce.site);
  }
  m.engines.used = true;
  m.self().at = at;
  m.engines.reductions[m.running->linear].open.push_back(reduce);
}

void bulk_commit() {
  Machine& m = machine();
  BulkGroups& groups = m.engines.reductions[m.running->linear];
  m.engines.used = true;
  groups.committed.push_back(std::move(groups.open));
  groups.open.clear();
  if (m.schedule == Schedule::reverse || (m.schedule == Schedule::random && m.random() % 2))
    for (BulkReduce& reduce : groups.committed.back()) add(m, reduce);
}

void bulk_wait(int pending) {
  Machine& m = machine();
  const int thread = m.running->linear;
  BulkGroups& groups = m.engines.reductions[thread];
  while (static_cast<int>(groups.committed.size()) > pending) {
    for (BulkReduce& reduce : groups.committed.front()) {
      add(m, reduce);
      if (m.race) m.race->finish_work(m.race->copy_engine(thread), reduce.done, &thread, 1);
    }
    groups.committed.pop_front();
  }
}

}  // namespace simt
