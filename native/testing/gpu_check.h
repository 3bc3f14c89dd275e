// What tests of GPU kernels need beside check.h: device buffers with guards, bf16 vectors, schedules. The test of an op, <op>_gpu_test.cc, is built against
// the emulator (plain, race detector, sanitizers) and, where nvcc is, against the GPU; LS_GPU names the namespace under test:
//   gpu::rmsnorm_forward({...});
#pragma once

#include "runtime/error.h"
#include "runtime/gpu.h"
#include "testing/check.h"

#ifdef LS_SIMT
#include "simt/control.h"
#endif

namespace gpu = ls::LS_GPU;

namespace ls::testing {

#ifndef LS_SIMT
// Only the real GPU can be missing.
inline const bool asks_for_gpu = [] {
  obstacle() = [] {
    try {
      gpu::open_device();
    } catch (const Error& e) {
      if (e.status != LS_UNSUPPORTED) throw;
      return std::string(e.what());
    }
    return std::string();
  };
  return true;
}();
#endif

// Device memory that is released with the buffer. In the emulator it is an allocation of its own, so that the sanitizers see every step beside it.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(int64_t count) : count_(count), data_(static_cast<T*>(gpu::allocate(count * sizeof(T)))) {}
  explicit OnDevice(const std::vector<T>& values) : OnDevice(static_cast<int64_t>(values.size())) {
    gpu::upload(data_, values.data(), count_ * sizeof(T));
  }
  OnDevice(int64_t count, T value) : OnDevice(std::vector<T>(count, value)) {}
  OnDevice(const OnDevice&) = delete;
  ~OnDevice() { gpu::release(data_); }
  T* get() const { return data_; }
  operator T*() const { return data_; }
  int64_t count() const { return count_; }
  std::vector<T> read() const {
    std::vector<T> values(count_);
    gpu::download(values.data(), data_, count_ * sizeof(T));
    return values;
  }

 private:
  int64_t count_;
  T* data_;
};

inline std::vector<bf16> in_bf16(const std::vector<float>& values) {
  std::vector<bf16> out(values.size());
  for (size_t i = 0; i < values.size(); i++) out[i] = to_bf16(values[i]);
  return out;
}
inline std::vector<float> in_float(const std::vector<bf16>& values) {
  std::vector<float> out(values.size());
  for (size_t i = 0; i < values.size(); i++) out[i] = to_float(values[i]);
  return out;
}
inline std::vector<float> in_float(std::vector<float> values) { return values; }
// N(0, deviation²), rounded to bf16: what both the kernel and the reference start from.
inline std::vector<bf16> normal_bf16(int64_t count, uint32_t seed, float deviation = 1.0f) { return in_bf16(normal(count, seed, deviation)); }
inline std::vector<double> in_double(const std::vector<bf16>& values) {
  std::vector<double> out(values.size());
  for (size_t i = 0; i < values.size(); i++) out[i] = to_float(values[i]);
  return out;
}

// Runs body under several schedules of the emulator: threads in order, in reverse, at random, one warp far ahead of the others. On a GPU once.
inline void for_each_schedule(const std::function<void()>& body) {
#ifdef LS_SIMT
  for (const auto schedule : {::simt::Schedule::in_order, ::simt::Schedule::reverse, ::simt::Schedule::random, ::simt::Schedule::skewed}) {
    ::simt::set_schedule(schedule, 1);
    const int before = failures();
    body();
    if (failures() != before) std::printf("  in schedule %s\n", ::simt::name(schedule));
  }
  ::simt::set_schedule(::simt::Schedule::random, 1);
#else
  body();
#endif
}

// What body returns must be the same bits in every schedule, and from run to run.
inline void check_same_in_every_schedule(const char* file, int line, const std::function<std::vector<float>()>& body) {
  std::vector<float> first;
  int runs = 0;
  const auto once = [&] {
    const std::vector<float> result = body();
    if (runs++ == 0) first = result;
    else if (result.size() != first.size() || std::memcmp(result.data(), first.data(), result.size() * sizeof(float)))
      report(file, line, "other bits in another run");
  };
  for_each_schedule(once);
  once();
}

}  // namespace ls::testing

#define CHECK_SAME_IN_EVERY_SCHEDULE(...) ::ls::testing::check_same_in_every_schedule(__FILE__, __LINE__, __VA_ARGS__)
