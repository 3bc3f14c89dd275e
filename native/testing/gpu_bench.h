// Benchmarks on a GPU. An <op>_gpu_bench.cc registers cases; it is compiled once for each GPU backend (LS_GPU), and lodestone_bench --device NAME
// runs them (gpu_bench.cc). It stands in a namespace of its backend, in which the backend's ops are found:
//
//   namespace ls::bench::LS_GPU {
//   GPU_BENCH(swiglu) {
//     suite.add({"swiglu_forward", "rows=8192 width=1536", flops, bytes, [=] { ...allocate and fill...; return [=] { run once; }; }});
//   }
//   }
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/bf16.h"
#include "runtime/gpu.h"

namespace ls::bench {

using Run = std::function<void()>;

struct GpuCase {
  std::string op;            // what a filter and a peer go by
  std::string shape;         // "key=value key=value"
  double flops;              // of one run
  double bytes;              // that one run has to read and to write, each once
  std::function<Run()> make; // one set of buffers and a run on it: called for each of the sets that runs take turns with
  std::string baseline = ""; // op of another case of this shape: measured in turns with it, the ratio is its time to ours
  double tokens = 0;         // of one run; 0: tokens a second mean nothing here
};

struct Suite {
  const bool tiny;  // shapes that the emulator runs in milliseconds
  std::vector<GpuCase> cases;

  void add(GpuCase c) { cases.push_back(std::move(c)); }
  template <class T>
  std::vector<T> pick(std::vector<T> full, std::vector<T> small) const { return tiny ? small : full; }
};

// A backend as the program sees it: one that has cases here.
struct GpuBackend {
  void (*open)();
  std::string (*describe)();
  std::vector<double> (*elapsed_ms)(int, const Run&);
  int64_t taken = 0;  // bytes that cases have allocated so far
  std::vector<void (*)(Suite&)> bodies;
};
GpuBackend* find_backend(const std::string& name);  // NULL: not in this program
GpuBackend& backend(const char* name);

// N(0,1), always the same, more than a million.
const std::vector<float>& normal_pool();

// Runs the cases whose op has `op` in its name (NULL: all). Exit status of the program.
struct GpuOptions {
  const char *device, *op, *json;
  double seconds;
  bool tiny;
};
int run_on_gpu(const GpuOptions& options);

}  // namespace ls::bench

#define LS_GPU_TEXT(name) #name
#define LS_GPU_NAME(name) LS_GPU_TEXT(name)

namespace ls::bench::LS_GPU {

using namespace ::ls::LS_GPU;

inline GpuBackend& this_backend() { return backend(LS_GPU_NAME(LS_GPU)); }

inline bool add_body(void (*body)(Suite&)) {
  GpuBackend& b = this_backend();
  b.open = open_device, b.describe = describe, b.elapsed_ms = elapsed_ms;
  b.bodies.push_back(body);
  return true;
}

// Device memory as long as the pointer; zero.
template <class T>
std::shared_ptr<T> zeros(int64_t count) {
  const int64_t bytes = count * static_cast<int64_t>(sizeof(T));
  std::shared_ptr<T> made(static_cast<T*>(allocate(bytes)), [](T* memory) { release(memory); });
  fill_zero(made.get(), bytes);
  this_backend().taken += bytes;
  return made;
}

template <class T>
std::shared_ptr<T> on_device(const std::vector<T>& values) {
  const auto made = zeros<T>(static_cast<int64_t>(values.size()));
  upload(made.get(), values.data(), static_cast<int64_t>(values.size() * sizeof(T)));
  return made;
}

// N(0, deviation²), bf16 or float. Never zeros: on those a GPU draws less power and runs faster.
template <class T>
std::shared_ptr<T> normal(int64_t count, float deviation = 1) {
  const std::vector<float>& pool = normal_pool();
  std::vector<T> values(std::min<int64_t>(count, static_cast<int64_t>(pool.size())));
  for (size_t i = 0; i < values.size(); i++) {
    const float x = deviation * pool[i];
    if constexpr (sizeof(T) == sizeof(bf16)) values[i] = to_bf16(x);
    else values[i] = x;
  }
  const auto made = zeros<T>(count);
  for (int64_t done = 0; done < count; done += static_cast<int64_t>(values.size())) {
    const int64_t part = std::min<int64_t>(count - done, static_cast<int64_t>(values.size()));
    upload(made.get() + done, values.data(), part * static_cast<int64_t>(sizeof(T)));
  }
  return made;
}

// "rows=8 width=64" of {"rows", 8}, {"width", 64}.
struct Field { const char* name; int64_t value; };
inline std::string shape_of(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& f : fields) text += (text.empty() ? "" : " ") + std::string(f.name) + "=" + std::to_string(f.value);
  return text;
}

}  // namespace ls::bench::LS_GPU

// Inside namespace ls::bench::LS_GPU.
#define GPU_BENCH(name)                                                              \
  static void bench_##name(Suite& suite);                                            \
  [[maybe_unused]] static const bool registered_##name = add_body(bench_##name);     \
  static void bench_##name(Suite& suite)
