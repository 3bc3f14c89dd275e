#include "simt/device_memory.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace simt {

void DeviceMemory::Release::operator()(Cell* cells) const { free(cells); }

void DeviceMemory::add(uintptr_t begin, size_t bytes, size_t slack) {
  const auto place = std::find_if(regions_.begin(), regions_.end(), [&](const Region& region) { return region.begin > begin; });
  regions_.insert(place, Region{begin, begin + bytes, slack, nullptr});
  last_ = nullptr;
}

void DeviceMemory::remove(uintptr_t begin) {
  const auto place = std::find_if(regions_.begin(), regions_.end(), [&](const Region& region) { return region.begin == begin; });
  if (place != regions_.end()) regions_.erase(place);
  last_ = nullptr;
}

// The allocation whose bytes or slack hold the address.
DeviceMemory::Region* DeviceMemory::find(uintptr_t address) {
  const auto holds = [&](const Region& region) { return address >= region.begin - region.slack && address < region.end + region.slack; };
  if (last_ && holds(*last_)) return last_;
  size_t low = 0, high = regions_.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (regions_[middle].end + regions_[middle].slack <= address) low = middle + 1;
    else high = middle;
  }
  if (low == regions_.size() || !holds(regions_[low])) return nullptr;
  return last_ = &regions_[low];
}

bool DeviceMemory::access(RaceDetector& detector, int actor, uintptr_t address, int bytes, Access access, Site site) {
  Region* region = find(address);
  if (!region) return true;
  detector.accesses++;
  const int64_t offset = static_cast<int64_t>(address) - static_cast<int64_t>(region->begin);
  const int64_t size = static_cast<int64_t>(region->end - region->begin);
  if (offset < 0 || offset + bytes > size) {
    detector.found({Finding::device_bounds, access, access, site, site, actor, actor, detector.block(), offset, size});
    return false;
  }
  if (!region->cells) {
    region->cells.reset(static_cast<Cell*>(calloc((size + 1) / 2, sizeof(Cell))));
    if (!region->cells) throw std::bad_alloc();
  }
  for (int64_t at = offset / 2; at < (offset + bytes + 1) / 2; at++) touch(detector, *region, at, actor, access, site);
  return true;
}

void DeviceMemory::touch(RaceDetector& detector, Region& region, size_t index, int actor, Access access, Site site) {
  Cell& cell = region.cells.get()[index];
  if (cell.launch != launch_) cell = {launch_, kNone, kNone, 0, 0, 0, 0, false};
  const uint32_t block = static_cast<uint32_t>(detector.block());
  const auto conflict = [&](Finding::Kind kind, Access first, Site first_site, uint32_t other) {
    const int before = other == kMany ? -1 : static_cast<int>(other), now = kind == Finding::blocks ? static_cast<int>(block) : actor;
    detector.found({kind, first, access, first_site, site, before, now, detector.block(), static_cast<int64_t>(index) * 2,
                    static_cast<int64_t>(region.end - region.begin)});
  };
  const bool atomic = access == Access::atomic, reads = access == Access::read || access == Access::proxy_read;
  if (cell.writer != kNone && !(atomic && cell.atomic)) {
    if (cell.writer != block) {
      conflict(Finding::blocks, cell.atomic ? Access::atomic : Access::write, cell.writer_site, cell.writer);
      cell.writer = kNone;
    } else if (reads && !cell.atomic && cell.thread != actor && cell.clock > detector.known(actor, cell.thread)) {
      conflict(Finding::device_conflict, Access::write, cell.writer_site, cell.thread);
      cell.writer = kNone;
    }
  }
  if (reads) {
    cell.reader = cell.reader == kNone || cell.reader == block ? block : kMany;
    cell.reader_site = site;
    return;
  }
  if (cell.reader != kNone && cell.reader != block) {
    conflict(Finding::blocks, Access::read, cell.reader_site, cell.reader);
    cell.reader = kNone;
  }
  const bool only_atomics = atomic && (cell.writer == kNone || cell.atomic);
  cell.writer = only_atomics && cell.writer != kNone && cell.writer != block ? kMany : block;
  cell.atomic = only_atomics;
  cell.writer_site = site;
  cell.thread = static_cast<uint16_t>(actor);
  cell.clock = detector.known(actor, actor);
}

}  // namespace simt
