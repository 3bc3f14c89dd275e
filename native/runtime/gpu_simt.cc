// The emulated device, as the host side sees it (runtime/gpu.h): device memory is the heap, the stream is at once.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "runtime/error.h"
#include "runtime/gpu.h"
#include "simt/control.h"

namespace ls::simt {

namespace {

// Each allocation stands alone. Under the address sanitizer it ends where its bytes end; otherwise slack on both sides takes what strays, and the
// race detector reports it.
#if defined(__SANITIZE_ADDRESS__)
constexpr int64_t kSlack = 0;
#else
constexpr int64_t kSlack = 4096;
#endif
constexpr int64_t kAlignment = 256;
constexpr int kPoison = 0xff;  // NaNs

using Work = std::vector<std::function<void()>>;
thread_local Work* recording = nullptr;  // the graph that is being recorded

// What a GPU cannot keep in a graph either.
void not_recorded(const char* what) {
  if (recording) fail(LS_INTERNAL, what, ": it needs the host, so it cannot be part of a graph");
}

// What is allocated: where it begins, and its bytes.
struct Allocations {
  std::mutex mutex;
  std::map<const char*, int64_t> bytes;
};
Allocations& allocations() {
  static auto* all = new Allocations;  // as long as the process
  return *all;
}

}  // namespace

void open_device() {}
void* make_stream() { return nullptr; }
void use_stream(void*) {}
void drop_stream(void*) {}
void* stream() { return nullptr; }
void order(void*, void*) {}

void* allocate(int64_t bytes) {
  void* memory = nullptr;
  if (bytes < 0 || posix_memalign(&memory, kAlignment, kSlack + (bytes ? bytes : 1) + kSlack))
    fail(LS_OUT_OF_MEMORY, "cannot allocate ", bytes, " bytes of emulated device memory");
  std::memset(memory, kPoison, kSlack + bytes + kSlack);
  char* data = static_cast<char*>(memory) + kSlack;
  ::simt::watch(data, bytes, kSlack);
  const std::lock_guard lock(allocations().mutex);
  allocations().bytes[data] = bytes;
  return data;
}

void release(void* memory) {
  if (!memory) return;
  ::simt::unwatch(memory);
  {
    const std::lock_guard lock(allocations().mutex);
    allocations().bytes.erase(static_cast<char*>(memory));
  }
  std::free(static_cast<char*>(memory) - kSlack);
}

bool holds(const void* address, int64_t bytes) {
  const std::lock_guard lock(allocations().mutex);
  const char* begin = static_cast<const char*>(address);
  const auto after = allocations().bytes.upper_bound(begin);
  if (after == allocations().bytes.begin()) return false;
  const auto& [first, size] = *std::prev(after);
  return bytes <= first + size - begin;
}

int64_t available_memory() { return int64_t{sysconf(_SC_AVPHYS_PAGES)} * sysconf(_SC_PAGESIZE); }

void upload(void* to, const void* from, int64_t bytes) {
  not_recorded("upload");
  if (bytes > 0) std::memcpy(to, from, bytes);  // an empty vector has no address
}
void download(void* to, const void* from, int64_t bytes) {
  not_recorded("download");
  if (bytes > 0) std::memcpy(to, from, bytes);
}
void fill_zero(void* memory, int64_t bytes) {
  submit([=] { std::memset(memory, 0, bytes); });
}
void copy(void* to, const void* from, int64_t bytes) {
  submit([=] { std::memcpy(to, from, bytes); });
}
void synchronize(const char* what) { not_recorded(what); }

void submit(std::function<void()> work) {
  if (recording) return recording->push_back(std::move(work));
  work();
}

void* record_graph(const std::function<void()>& launches) {
  auto graph = std::make_unique<Work>();
  recording = graph.get();
  try {
    launches();
  } catch (...) {
    recording = nullptr;
    throw;
  }
  recording = nullptr;
  return graph.release();
}

void replay_graph(void* graph) {
  for (const auto& work : *static_cast<Work*>(graph)) work();
}

void drop_graph(void* graph) { delete static_cast<Work*>(graph); }

std::vector<double> elapsed_ms(int repeats, const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> ms;
  for (int i = 0; i < repeats; i++) {
    const auto begin = Clock::now();
    run();
    ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  return ms;
}

void started(const char* op, int error) {
  if (!error) return;
  const std::string found = ::simt::report();
  fail(LS_INTERNAL, op, ": ", found.empty() ? sentence("the emulator refused it with error ", error) : found);
}

int multiprocessors() { return 4; }

std::string describe() { return sentence("emulated GPU, ", multiprocessors(), " SMs, ", available_memory() >> 30, " GiB, compute 9.0"); }

}  // namespace ls::simt
