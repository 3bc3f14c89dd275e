// A launch: its limits, its blocks one after another, its counters and its report. One launch at a time in the process.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>

#include "simt/device_memory.h"
#include "simt/machine.h"

namespace simt {

__thread Block* here;

namespace {

constexpr unsigned kMostThreads = 1024;
constexpr size_t kMostBlocks = 1 << 24;  // more would take hours here

struct Process {
  std::mutex launching;
  std::map<const void*, size_t> shared_limits;
  Schedule schedule = Schedule::random;
  uint64_t seed = 1;
  Machine machine{};
  RaceDetector detector;
  DeviceMemory device;
};
Process& process() {  // never destroyed: who is still using the device when the process ends may go on
  static Process& one = *new Process;
  return one;
}

struct Free {
  void operator()(unsigned char* p) const { free(p); }
};
using Memory = std::unique_ptr<unsigned char, Free>;

// With sanitizers the allocation ends where shared memory ends.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kSlack = 0;
#else
constexpr size_t kSlack = kSharedSlack;
#endif

Memory shared_arena(size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 1024, std::max<size_t>(kSlack + bytes + kSlack, 1))) throw std::bad_alloc();
  return Memory(static_cast<unsigned char*>(memory));
}

// What a GPU refuses before it starts.
cudaError_t check(Machine& m, const void* kernel, size_t threads, size_t blocks) {
  const auto limit = process().shared_limits.find(kernel);
  const size_t most = limit == process().shared_limits.end() ? kPlainSharedBytes : limit->second;
  cudaError_t error = cudaErrorInvalidConfiguration;
  if (threads == 0 || threads > kMostThreads) {
    note(m, "%zu threads in a block, expected 1 to %u", threads, kMostThreads);
  } else if (threads % kLanes) {
    note(m, "%zu threads in a block, expected a multiple of %d", threads, kLanes);
  } else if (blocks == 0 || blocks > kMostBlocks || m.grid.y > 65535 || m.grid.z > 65535) {
    note(m, "a grid of %u × %u × %u blocks, expected at most %zu, and 65535 in y and z", m.grid.x, m.grid.y, m.grid.z, kMostBlocks);
  } else if (m.shared_bytes > most) {
    note(m, "%zu bytes of shared memory, but the kernel may use %zu (cudaFuncSetAttribute)", m.shared_bytes, most);
    error = cudaErrorInvalidValue;
  } else {
    error = cudaSuccess;
  }
  return error;
}

void run_blocks(Machine& m, int64_t count) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  if (m.schedule == Schedule::reverse) std::reverse(order.begin(), order.end());
  if (m.schedule == Schedule::random || m.schedule == Schedule::skewed)
    for (int64_t i = count - 1; i > 0; i--) std::swap(order[i], order[m.random() % (i + 1)]);
  for (const int64_t block : order) {
    m.index = {static_cast<unsigned>(block % m.grid.x), static_cast<unsigned>(block / m.grid.x % m.grid.y),
               static_cast<unsigned>(block / m.grid.x / m.grid.y)};
    m.counters.blocks++;
    memset(m.shared - kSlack, kPoison, m.shared_bytes + 2 * kSlack);
    for (Barrier& barrier : m.barriers) {
      barrier.sync.clear();
      barrier.arrived = barrier.votes = 0;
      barrier.waiting.clear();
    }
    m.engines.clear(m.threads);
    for (auto& warp : m.rendezvous)
      for (Rendezvous& one : warp) one.arrived = 0;
    if (!run_block(m)) return;
  }
}

void report_findings(Machine& m) {
  m.counters.accesses = m.race->accesses;
  m.counters.races = m.race->races;
  for (const Finding& finding : m.race->findings()) note(m, "%s", m.race->text(finding).c_str());
}

}  // namespace

void watch(void* memory, size_t bytes, size_t slack) {
  if (!instrumented) return;
  std::lock_guard<std::mutex> lock(process().launching);
  process().device.add(reinterpret_cast<uintptr_t>(memory), bytes, slack);
}

void unwatch(void* memory) {
  if (!instrumented) return;
  std::lock_guard<std::mutex> lock(process().launching);
  process().device.remove(reinterpret_cast<uintptr_t>(memory));
}

cudaError_t allow_shared_memory(const void* kernel, int bytes) {
  if (bytes < 0 || static_cast<size_t>(bytes) > kMostSharedBytes) return cudaErrorInvalidValue;
  std::lock_guard<std::mutex> lock(process().launching);
  process().shared_limits[kernel] = bytes;
  return cudaSuccess;
}

cudaError_t launch(const void* kernel, dim3 grid, dim3 block, size_t shared_bytes, const std::function<void()>& body) {
  Process& p = process();
  std::lock_guard<std::mutex> lock(p.launching);
  Machine& m = p.machine;
  m.grid = grid;
  m.shape = block;
  m.shared_bytes = shared_bytes;
  m.body = &body;
  m.schedule = p.schedule;
  m.random_state = p.seed * 0x9e3779b97f4a7c15ull | 1;
  m.counters = {};
  m.report.clear();
  m.failed = m.abandoned = false;
  m.running = nullptr;
  const size_t threads = size_t{block.x} * block.y * block.z, blocks = size_t{grid.x} * grid.y * grid.z;
  if (const cudaError_t error = check(m, kernel, threads, blocks)) return error;

  m.threads = static_cast<int>(threads);
  m.warps = m.threads / kLanes;
  m.fibers.resize(threads);
  m.ready.assign(m.warps, 0);
  m.rendezvous.resize(m.warps);
  m.stacks.reserve(threads);
  m.host = own_context();
  const Memory arena = shared_arena(shared_bytes);
  m.shared = arena.get() + kSlack;

  m.race = instrumented ? &p.detector : nullptr;
  m.device = &p.device;
  if (m.race) {
    m.race->begin_launch(m.threads, shared_bytes);
    m.device->begin_launch();
  }
  here = &m;
  run_blocks(m, static_cast<int64_t>(blocks));
  here = nullptr;
  if (m.race) report_findings(m);
  return m.failed ? cudaErrorLaunchFailure : cudaSuccess;
}

void set_schedule(Schedule schedule, uint64_t seed) {
  std::lock_guard<std::mutex> lock(process().launching);
  process().schedule = schedule;
  process().seed = seed;
}

const char* name(Schedule schedule) {
  switch (schedule) {
    case Schedule::in_order: return "in order";
    case Schedule::reverse: return "reverse";
    case Schedule::random: return "random";
    default: return "skewed";
  }
}

Counters counters() {
  std::lock_guard<std::mutex> lock(process().launching);
  return process().machine.counters;
}

std::string report() {
  std::lock_guard<std::mutex> lock(process().launching);
  return process().machine.report;
}

}  // namespace simt
