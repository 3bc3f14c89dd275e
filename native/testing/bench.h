// Benchmarks of the ops. A <op>_bench.cc registers cases; lodestone_bench (bench_main.cc) runs them and prints one row a shape.
//
//   BENCH(rmsnorm) { add({"rmsnorm_forward", "rows=8192 width=576", flops, bytes, [=] { ...allocate...; return [=] { run once; }; }}); }
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/arena.h"

namespace ls::bench {

struct Case {
  std::string op;     // what a peer is asked for
  std::string shape;  // "key=value key=value": shown, and sent to a peer
  double flops;       // of one run; 0 = bound by memory
  double bytes;       // moved by one run; 0 = not counted
  std::function<std::function<void()>()> make;  // allocates inputs and returns the run; called once, dropped after the case
};

std::vector<Case>& cases();
inline void add(Case c) { cases().push_back(std::move(c)); }

struct Register { explicit Register(void (*body)()) { body(); } };

// `count` floats of N(0,1) on huge pages, alive as long as the pointer.
std::shared_ptr<float> buffer(int64_t count, unsigned seed = 1);

}  // namespace ls::bench

#define BENCH(name)                                               \
  static void bench_##name();                                     \
  static ::ls::bench::Register register_bench_##name(bench_##name); \
  static void bench_##name()
