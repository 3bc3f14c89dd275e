// A small test harness: TEST(name) { CHECK(condition); CHECK_CLOSE(got, want, count, bound); } and main() comes with it.
// One file is one program; its last line is "N passed, N failed".
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "runtime/isa.h"
#include "runtime/threads.h"

namespace ls::testing {

struct Test { const char* name; void (*body)(); };
inline std::vector<Test>& tests() { static std::vector<Test> all; return all; }
inline int& failures() { static int n = 0; return n; }
// Why the tests of this program cannot run on this machine, or "": asked before the first, if there is such a function. Exit code 77 then.
inline std::string (*&obstacle())() { static std::string (*function)() = nullptr; return function; }
struct Register { Register(const char* name, void (*body)()) { tests().push_back({name, body}); } };

inline void report(const char* file, int line, const std::string& what) {
  failures()++;
  std::printf("  %s:%d: %s\n", file, line, what.c_str());
}

// Largest |got − want| / (1 + |want|·relative/absolute) must stay within absolute; NaN equals NaN only.
inline void check_close(const char* file, int line, const char* names, const float* got, const double* want, int64_t count, double absolute,
                        double relative) {
  int64_t bad = 0, first = -1;
  for (int64_t i = 0; i < count; i++) {
    bool same = std::isnan(want[i]) ? std::isnan(got[i]) : std::abs(got[i] - want[i]) <= absolute + relative * std::abs(want[i]);
    if (!same && bad++ == 0) first = i;
  }
  if (bad) {
    char text[256];
    std::snprintf(text, sizeof text, "%s: %lld of %lld apart, first [%lld]: got %.9g, want %.9g (bound %.2g + %.2g·|want|)", names, (long long)bad,
                  (long long)count, (long long)first, got[first], want[first], absolute, relative);
    report(file, line, text);
  }
}

// |got − want| ≤ bound, each element with its own bound; NaN is never within.
inline void check_within(const char* file, int line, const char* names, const std::vector<float>& got, const std::vector<double>& want,
                         const std::vector<double>& bound) {
  if (got.size() != want.size() || got.size() != bound.size()) return report(file, line, std::string(names) + ": sizes differ");
  int64_t bad = 0, first = -1;
  for (size_t i = 0; i < got.size(); i++)
    if (!(std::abs(got[i] - want[i]) <= bound[i]) && bad++ == 0) first = static_cast<int64_t>(i);
  if (bad) {
    char text[256];
    std::snprintf(text, sizeof text, "%s: %lld of %zu apart, first [%lld]: got %.9g, want %.9g (bound %.2g)", names, (long long)bad, got.size(),
                  (long long)first, got[first], want[first], bound[first]);
    report(file, line, text);
  }
}

inline std::vector<float> normal(int64_t count, uint32_t seed, float deviation = 1.0f) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(0.0f, deviation);
  std::vector<float> values(count);
  for (float& x : values) x = distribution(random);
  return values;
}

// Runs body under every instruction set this machine has.
inline void for_each_isa(const std::function<void()>& body) {
  const Isa before = isa();
  for (Isa one : {Isa::plain, Isa::avx2, Isa::avx512})
    if (one <= best_isa()) {
      set_isa(one);
      body();
    }
  set_isa(before);
}

// What body returns must be the same bits with 1, 2 and 3 threads.
inline void for_each_thread_count(const char* file, int line, const std::function<std::vector<float>()>& body) {
  std::vector<float> first;
  for (int threads = 1; threads <= 3; threads++) {
    use_threads(threads);
    const std::vector<float> result = body();
    if (threads == 1) first = result;
    else if (result.size() != first.size() || std::memcmp(result.data(), first.data(), result.size() * sizeof(float)))
      report(file, line, "other bits with " + std::to_string(threads) + " threads than with 1");
  }
  use_threads(usable_threads());
}

// df/dx by central differences: in double the error is about h² times the third derivative, 1e-10 of it.
inline double slope(double& x, const std::function<double()>& f) {
  const double h = 1e-5, at = x;
  x = at + h;
  const double above = f();
  x = at - h;
  const double below = f();
  x = at;
  return (above - below) / (2 * h);
}

inline std::vector<double> in_double(const std::vector<float>& values) { return {values.begin(), values.end()}; }

}  // namespace ls::testing

#define TEST(name)                                                                 \
  static void name();                                                              \
  static ::ls::testing::Register register_##name(#name, name);                     \
  static void name()
#define CHECK(condition) \
  do { if (!(condition)) ::ls::testing::report(__FILE__, __LINE__, "not true: " #condition); } while (0)
#define CHECK_CLOSE(got, want, count, absolute, relative) \
  ::ls::testing::check_close(__FILE__, __LINE__, #got " against " #want, got, want, count, absolute, relative)
#define CHECK_WITHIN(got, want, bound) ::ls::testing::check_within(__FILE__, __LINE__, #got " against " #want, got, want, bound)
#define CHECK_SAME_WITH_ANY_THREADS(...) ::ls::testing::for_each_thread_count(__FILE__, __LINE__, __VA_ARGS__)

int main(int argc, char** argv) {
  int passed = 0, failed = 0;
  const std::string obstacle = ls::testing::obstacle() ? ls::testing::obstacle()() : "";
  if (!obstacle.empty()) {
    std::printf("skipped: %s\n", obstacle.c_str());
    return 77;
  }
  for (const auto& test : ls::testing::tests()) {
    if (argc > 1 && !std::strstr(test.name, argv[1])) continue;
    const int before = ls::testing::failures();
    try {
      test.body();
    } catch (const std::exception& e) {
      ls::testing::report(test.name, 0, std::string("threw: ") + e.what());
    }
    const bool good = ls::testing::failures() == before;
    (good ? passed : failed)++;
    if (!good) std::printf("FAILED %s\n", test.name);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed || !passed ? 1 : 0;
}
