// What the tests of ops from outside share: engines of every backend in this build, buffers, bounds.
#pragma once

#include <string>
#include <vector>

#include "lodestone/ops.h"
#include "testing/check.h"

namespace ls::testing {

using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;

inline void must(ls_status status, int line) {
  if (status != LS_OK) report("ops test", line, std::string("failed: ") + ls_last_error());
}
#define MUST(call) must(call, __LINE__)

inline void says(ls_status got, ls_status want, const char* part, int line) {
  if (got == want && std::strstr(ls_last_error(), part)) return;
  report("ops test", line, "status " + std::to_string(got) + " (" + ls_last_error() + ") instead of " + std::to_string(want) + " (" + part + ")");
}
#define SAYS(call, part) says(call, LS_INVALID, part, __LINE__)

// An engine, and how far it may be from the CPU's result: not at all on the CPU, by the rounding of a result to bf16 (2^-8, and as much again for what
// was rounded on the way) on a GPU.
struct Engine {
  explicit Engine(const char* device) : device(device) { MUST(ls_engine_open(device, 2, &engine)); }
  ~Engine() { ls_engine_close(engine); }
  Engine(const Engine&) = delete;
  operator ls_engine*() const { return engine; }
  bool gpu() const { return std::strcmp(device, "cpu") != 0; }
  double bound() const { return gpu() ? 2.0 / 256 : 0.0; }
  const char* device;
  ls_engine* engine = nullptr;
};

// Why an engine cannot be opened here, or "".
inline std::string missing(const char* device) {
  ls_engine* engine = nullptr;
  const ls_status status = ls_engine_open(device, 1, &engine);
  ls_engine_close(engine);
  return status == LS_OK ? "" : ls_last_error();
}

template <class Body>
void on_every_engine(const Body& body) {
  for (const char* device : {"cpu",
#ifdef LS_WITH_SIMT
                             "simt",
#endif
#ifdef LS_WITH_CUDA
                             "cuda",
#endif
       }) {
    static const std::string no_gpu = missing("cuda");
    if (!std::strcmp(device, "cuda") && !no_gpu.empty()) {
      std::printf("  skipped on cuda: %s\n", no_gpu.c_str());
      continue;
    }
    const int before = failures();
    body(Engine(device));
    if (failures() != before) std::printf("  on %s\n", device);
  }
}

struct Buffer {
  Buffer(const Engine& engine, ls_element element, int64_t count) { MUST(ls_buffer_open(engine, element, count, &buffer)); }
  Buffer(const Engine& engine, const Floats& values, ls_element element = LS_REAL) : Buffer(engine, element, static_cast<int64_t>(values.size())) {
    MUST(ls_buffer_write(buffer, 0, values.data(), static_cast<int64_t>(values.size())));
  }
  ~Buffer() { ls_buffer_close(buffer); }
  Buffer(const Buffer&) = delete;
  operator ls_view() const { return {buffer, 0}; }
  ls_view at(int64_t offset) const { return {buffer, offset}; }
  Floats read() const {
    Floats values(ls_buffer_count(buffer));
    MUST(ls_buffer_read(buffer, 0, values.data(), ls_buffer_count(buffer)));
    return values;
  }
  Ints ints() const {
    Ints values(ls_buffer_count(buffer));
    MUST(ls_buffer_read_ints(buffer, 0, values.data(), ls_buffer_count(buffer)));
    return values;
  }
  ls_buffer* buffer = nullptr;
};

// Numbers that every backend stores exactly.
inline Floats exact(Floats values) {
  for (float& x : values) x = to_float(to_bf16(x));
  return values;
}
inline Floats random_reals(int64_t count, uint32_t seed) { return exact(normal(count, seed)); }

// |got − want| ≤ bound·(scale + |want|); scale is the size of a typical result.
inline void close(const Engine& engine, const Floats& got, const Floats& want, double scale, int line) {
  if (got.size() != want.size()) return report("ops test", line, "sizes differ");
  check_close("ops test", line, "result", got.data(), in_double(want).data(), static_cast<int64_t>(got.size()), engine.bound() * scale, engine.bound());
}
#define CLOSE(got, want, scale) close(engine, got, want, scale, __LINE__)

}  // namespace ls::testing
