#include "runtime/arena.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "runtime/error.h"

namespace ls {

namespace {

constexpr int64_t kHugePage = 2 << 20;

// The first number in a file, or -1 ("max", no file, no number).
int64_t number_in(const std::string& path) {
  std::ifstream in(path);
  int64_t value = -1;
  return in >> value ? value : -1;
}

int64_t meminfo_available() {
  std::ifstream in("/proc/meminfo");
  std::string key, unit;
  int64_t kib;
  while (in >> key >> kib >> unit)
    if (key == "MemAvailable:") return kib * 1024;
  return INT64_MAX;
}

}  // namespace

int64_t available_memory() {
  int64_t bytes = meminfo_available();
  const std::string root = "/sys/fs/cgroup";
  const int64_t limit2 = number_in(root + "/memory.max"), used2 = number_in(root + "/memory.current");
  const int64_t limit1 = number_in(root + "/memory/memory.limit_in_bytes"), used1 = number_in(root + "/memory/memory.usage_in_bytes");
  if (limit2 >= 0 && used2 >= 0 && limit2 - used2 < bytes) bytes = limit2 - used2;
  if (limit1 >= 0 && used1 >= 0 && limit1 - used1 < bytes) bytes = limit1 - used1;
  return bytes < 0 ? 0 : bytes;
}

std::string human_bytes(int64_t bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1024 && unit < 5) value /= 1024, unit++;
  char text[32];
  std::snprintf(text, sizeof text, unit ? "%.2f %s" : "%.0f %s", value, units[unit]);
  return text;
}

namespace {

// Small blocks are not worth a huge page, which the system clears whole.
int64_t page(int64_t bytes) { return bytes < kHugePage / 2 ? int64_t{4096} : kHugePage; }
int64_t whole_pages(int64_t bytes) { return (bytes + page(bytes) - 1) / page(bytes) * page(bytes); }

void* take_pages(int64_t bytes, const std::string& what) {
  // One page more than wanted, then the ends trimmed to the boundary.
  const int64_t size = page(bytes);
  void* block = mmap(nullptr, bytes + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) fail(LS_OUT_OF_MEMORY, what, " needs ", human_bytes(bytes), ": ", std::strerror(errno));
  char* start = static_cast<char*>(block);
  char* aligned = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(start) + size - 1) / size * size);
  if (aligned > start) munmap(start, aligned - start);
  const int64_t tail = start + size - aligned;
  if (tail > 0) munmap(aligned + bytes, tail);
  if (size == kHugePage) madvise(aligned, bytes, MADV_HUGEPAGE);
  return aligned;
}

}  // namespace

const MemorySource kHostMemory{take_pages, [](void* block, int64_t bytes) { munmap(block, bytes); }, available_memory, whole_pages};

Arena::~Arena() { release(); }

void Arena::release() {
  if (base_) source_.give(base_, capacity_);
  base_ = nullptr;
  capacity_ = used_ = 0;
}

void Arena::reserve(int64_t bytes, const std::string& what) {
  reset();
  if (bytes <= capacity_) return;
  if (bytes > INT64_MAX - kHugePage) fail(LS_OUT_OF_MEMORY, what, " needs more bytes than can be counted");
  const int64_t wanted = source_.rounded(bytes), available = source_.available() + capacity_;
  if (wanted > available) fail(LS_OUT_OF_MEMORY, what, " needs ", human_bytes(wanted), " but ", human_bytes(available), " are available");
  release();
  base_ = static_cast<char*>(source_.take(wanted, what));
  capacity_ = wanted;
}

void* Arena::take_bytes(int64_t bytes) {
  const int64_t size = rounded(bytes);
  if (bytes < 0 || size > capacity_ - used_)
    fail(LS_INTERNAL, "the arena has ", capacity_ - used_, " of ", capacity_, " bytes left but ", size, " were asked for: the plan was too small");
  char* at = base_ + used_;
  used_ += size;
  return at;
}

}  // namespace ls
