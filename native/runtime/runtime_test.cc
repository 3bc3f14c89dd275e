// Arena, threads and the vector exponential.
#include "runtime/arena.h"
#include "runtime/error.h"
#include "runtime/threads.h"
#include "runtime/vec.h"
#include "testing/check.h"

TEST(arena_plans_then_hands_out) {
  ls::Layout plan;
  plan.take<float>(3);
  plan.take<double>(10);
  ls::Arena arena;
  arena.reserve(plan.bytes(), "test");
  ls::Layout real(arena);
  float* a = real.take<float>(3);
  double* b = real.take<double>(10);
  CHECK(reinterpret_cast<uintptr_t>(a) % 4096 == 0 && arena.capacity() == 4096);  // too little for a huge page
  CHECK(reinterpret_cast<uintptr_t>(b) % 64 == 0);
  CHECK(real.bytes() == plan.bytes());
  arena.reserve(5 << 20, "test");
  CHECK(reinterpret_cast<uintptr_t>(arena.take<char>(1)) % (2 << 20) == 0 && arena.capacity() == 6 << 20);
}

TEST(arena_refuses_before_allocating) {
  ls::Arena arena;
  bool refused = false;
  try {
    arena.reserve(int64_t{1} << 60, "a pass");
  } catch (const ls::Error& e) {
    refused = e.status == LS_OUT_OF_MEMORY && std::string(e.what()).find("1.00 EiB") == std::string::npos;
  }
  CHECK(refused);
  CHECK(arena.capacity() == 0);
}

TEST(parallel_for_visits_all) {
  std::vector<int> seen(1000);
  ls::parallel_for(1000, [&](int64_t i) { seen[i]++; });
  for (int n : seen) CHECK(n == 1);
}

TEST(exp_within_bound) {
  using namespace ls::LS_ISA;
  double worst = 0;
  for (float x = -86.9f; x < 80.0f; x += 0.0137f) {
    const double want = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(exp(splat(x))[0] - want) / want);
  }
  CHECK(worst < 3e-7);
  CHECK(exp(splat(-INFINITY))[0] == 0.0f);
  CHECK(exp(splat(0.0f))[0] == 1.0f);
}

TEST(exp_hands_nan_on) {
  using namespace ls::LS_ISA;
  CHECK(std::isnan(exp(splat(NAN))[0]));
  CHECK(exp(splat(-1000.0f))[0] == 0.0f);
}
