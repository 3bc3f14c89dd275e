#include "ops/adamw/adamw.h"
#include "testing/bench.h"

using namespace ls;

static void add_shape(int64_t count) {
  const std::string shape = "count=" + std::to_string(count);
  bench::add({"adamw", shape, 0, count * 28.0, [=] {
    auto weight = bench::buffer(count), m = bench::buffer(count, 2), v = bench::buffer(count, 3), gradient = bench::buffer(count, 4);
    for (int64_t i = 0; i < count; i++) v.get()[i] = v.get()[i] * v.get()[i];
    return [=] { cpu::adamw({count, weight.get(), m.get(), v.get(), gradient.get(), 1e-4, 0.9, 0.999, 1e-8, 0.01, 1, 10}); };
  }});
  bench::add({"sum_of_squares", shape, 0, count * 4.0, [=] {
    auto x = bench::buffer(count);
    auto sum = std::make_shared<double>();
    return [=] { cpu::sum_of_squares({count, x.get(), sum.get()}); };
  }});
}

BENCH(adamw) {
  add_shape(576 * 1536);
  add_shape(32 << 20);
}
