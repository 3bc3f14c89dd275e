#include "ops/swiglu/swiglu.h"
#include "testing/bench.h"

using namespace ls;

static void add_shape(int64_t rows, int64_t width) {
  const std::string shape = "rows=" + std::to_string(rows) + " width=" + std::to_string(width);
  const double elements = static_cast<double>(rows) * width;
  bench::add({"swiglu_forward", shape, 0, elements * 12, [=] {
    auto gate_up = bench::buffer(2 * elements), y = bench::buffer(elements, 2);
    return [=] { cpu::swiglu_forward({rows, width, gate_up.get(), y.get()}); };
  }});
  bench::add({"swiglu_backward", shape, 0, elements * 20, [=] {
    auto gate_up = bench::buffer(2 * elements), d_y = bench::buffer(elements, 2), d_gate_up = bench::buffer(2 * elements, 3);
    return [=] { cpu::swiglu_backward({rows, width, gate_up.get(), d_y.get(), d_gate_up.get()}); };
  }});
}

BENCH(swiglu) {
  add_shape(1024, 1536);
  add_shape(8192, 1536);
  add_shape(1024, 11008);
}
