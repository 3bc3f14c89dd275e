#include "simt/race.h"

#include <algorithm>
#include <cstdio>

#pragma GCC optimize("O3")  // the loops over clocks

namespace simt {
namespace {

void raise(Clock* to, const Clock* from, int count) {
  for (int i = 0; i < count; i++) to[i] = std::max(to[i], from[i]);
}
void raise(Clocks& to, const Clock* from, int count) {
  to.resize(count);
  raise(to.data(), from, count);
}

bool writes(Access access) { return access == Access::write || access == Access::copy; }

}  // namespace

void RaceDetector::begin_launch(int threads, size_t shared_bytes) {
  threads_ = threads;
  const int warpgroups = (threads + 127) / 128;
  actors_ = threads + kCopyEngines + warpgroups;
  groups_ = (threads + 31) / 32 + 1;
  shared_bytes_ = static_cast<int64_t>(shared_bytes);
  const size_t cells = (shared_bytes + 1) / 2;
  if (cells_.size() < cells) cells_.assign(cells, Cell{0, 0, 0, {}});
  if (reads_.size() < cells * groups_ * 2) reads_.resize(cells * groups_ * 2);
  findings_.clear();
  accesses = races = 0;
}

void RaceDetector::begin_block(int64_t block) {
  block_ = block;
  if (++block_stamp_ == 0) {
    std::fill(cells_.begin(), cells_.end(), Cell{0, 0, 0, {}});
    block_stamp_ = 1;
  }
  fences_ = false;
  seen_.assign(size_t(actors_) * actors_, 0);
  for (int i = 0; i < actors_; i++) seen(i)[i] = 1;
}

// ---- order

void RaceDetector::release(int actor, SyncPoint& to) {
  raise(to.seen, seen(actor), actors_);
  if (fences_) raise(to.fenced, fenced(actor), actors_);
  seen(actor)[actor]++;
}

void RaceDetector::acquire(int actor, const SyncPoint& from) {
  if (!from.seen.empty()) raise(seen(actor), from.seen.data(), actors_);
  if (!from.fenced.empty()) raise(fenced(actor), from.fenced.data(), actors_);
}

void RaceDetector::exchange(const int* actors, int count) {
  static thread_local SyncPoint all;
  all.clear();
  for (int i = 0; i < count; i++) release(actors[i], all);
  for (int i = 0; i < count; i++) acquire(actors[i], all);
}

void RaceDetector::fence_for_proxy(int actor) {
  if (!fences_) fenced_.assign(size_t(actors_) * actors_, 0);
  fences_ = true;
  fenced(actor)[actor] = seen(actor)[actor]++;
}

Clock RaceDetector::begin_work(int engine, const int* for_actors, int count) {
  // The engine may rely on what all of them have seen: the least of it.
  const Clock now = seen(engine)[engine] + 1;
  Clock* mine = seen(engine);
  std::copy_n(seen(for_actors[0]), actors_, mine);
  for (int i = 1; i < count; i++)
    for (int j = 0; j < actors_; j++) mine[j] = std::min(mine[j], seen(for_actors[i])[j]);
  if (fences_) {
    std::copy_n(fenced(for_actors[0]), actors_, fenced(engine));
    for (int i = 1; i < count; i++)
      for (int j = 0; j < actors_; j++) fenced(engine)[j] = std::min(fenced(engine)[j], fenced(for_actors[i])[j]);
  }
  return mine[engine] = now;
}

void RaceDetector::publish_work(int engine, Clock done, SyncPoint& to) {
  to.seen.resize(actors_);
  to.seen[engine] = std::max(to.seen[engine], done);
}

void RaceDetector::finish_work(int engine, Clock done, const int* for_actors, int count) {
  for (int i = 0; i < count; i++) seen(for_actors[i])[engine] = std::max(seen(for_actors[i])[engine], done);
}

// ---- shared memory

bool RaceDetector::shared(int actor, int64_t offset, int bytes, Access access, Site site) {
  accesses++;
  if (offset < 0 || offset + bytes > shared_bytes_) {
    found({Finding::shared_bounds, access, access, site, site, actor, actor, block_, offset, bytes});
    return false;
  }
  for (int64_t at = offset & ~int64_t{1}; at < offset + bytes; at += 2) {
    const uint8_t low = at >= offset, high = at + 1 < offset + bytes;
    touch(at / 2, actor, static_cast<uint8_t>(low | high << 1), access, site);
  }
  return true;
}

void RaceDetector::touch(size_t index, int actor, uint8_t bytes, Access access, Site site) {
  Cell& cell = cells_[index];
  if (cell.block != block_stamp_) cell = {block_stamp_, 0, 0, {0, Record::kNobody, 0, 0, false, false, false}};
  Record& write = cell.write;
  const Access wrote = write.under_way ? Access::copy : write.atomic ? Access::atomic : Access::write;
  const bool atomic = access == Access::atomic;
  const Record mine = {seen(actor)[actor], static_cast<uint16_t>(actor), site, bytes, atomic, access == Access::write, access == Access::copy};

  if (write.exists() && write.bytes & bytes) {
    if (write.under_way) {
      report(Finding::under_way, index, &write, wrote, actor, access, site);
      write.under_way = false;
      return;
    }
    if (unseen(write, actor) && !(atomic && write.atomic)) {
      report(Finding::conflict, index, &write, wrote, actor, access, site);
      write = mine;
      cell.written |= bytes;
      return;
    }
    if (access == Access::proxy_read && write.generic && (!fences_ || write.clock > fenced(actor)[write.actor])) {
      report(Finding::unfenced, index, &write, wrote, actor, access, site);
      write.generic = false;
      return;
    }
  }

  if ((access == Access::read || access == Access::proxy_read || atomic) && (cell.written & bytes) != bytes) {
    report(Finding::uninitialized, index, nullptr, access, actor, access, site);
    cell.written |= bytes;
    return;
  }

  // Writers and atomics look at the readers, readers at the atomics among them.
  for (uint64_t groups = cell.readers; groups; groups &= groups - 1) {
    Record* pair = reads(index, __builtin_ctzll(groups));
    for (int i = 0; i < 2; i++) {
      Record& other = pair[i];
      if (!other.exists() || !(other.bytes & bytes) || !unseen(other, actor)) continue;
      if (writes(access) || other.atomic != atomic) {
        report(Finding::conflict, index, &other, other.atomic ? Access::atomic : Access::read, actor, access, site);
        other.actor = Record::kNobody;
        return;
      }
    }
  }
  if (!writes(access)) remember_read(index, mine);
  if (writes(access) || atomic) {
    if (writes(access) && bytes == 3) cell.readers = 0;  // all of them came before
    write = mine;
    cell.written |= bytes;
  }
}

void RaceDetector::remember_read(size_t index, const Record& record) {
  Cell& cell = cells_[index];
  const int mine = group(record.actor);
  Record* pair = reads(index, mine);
  if (!(cell.readers >> mine & 1)) {
    cell.readers |= uint64_t{1} << mine;
    pair[0] = record;
    pair[1].actor = Record::kNobody;
    return;
  }
  const auto free = [&](const Record& other) { return !other.exists() || other.actor == record.actor || !unseen(other, record.actor); };
  Record& place = pair[1].exists() && pair[1].actor == record.actor ? pair[1] : free(pair[0]) ? pair[0] : pair[1];
  const uint8_t before = place.exists() && place.actor == record.actor ? place.bytes : 0;
  place = record;
  place.bytes |= before;
}

void RaceDetector::landed(int64_t offset, int bytes, int actor) {
  for (int64_t at = offset / 2; at < (offset + bytes + 1) / 2; at++) {
    Record& write = cells_[at].write;
    write.under_way = false;
    write.generic = false;
    write.actor = static_cast<uint16_t>(actor);
    write.clock = seen(actor)[actor];
  }
}

// ---- findings

void RaceDetector::report(Finding::Kind kind, size_t cell, const Record* first, Access first_access, int actor, Access access, Site site) {
  const int64_t offset = static_cast<int64_t>(cell) * 2;
  found({kind, first_access, access, first ? first->site : site, site, first ? first->actor : actor, actor, block_, offset, 2});
}

void RaceDetector::found(const Finding& finding) {
  races++;
  for (const Finding& other : findings_)
    if (other.kind == finding.kind && other.first_site == finding.first_site && other.second_site == finding.second_site) return;
  if (findings_.size() < kMostFindings) findings_.push_back(finding);
}

}  // namespace simt
