#include "ops/rmsnorm/rmsnorm.h"
#include "testing/bench.h"

using namespace ls;

static void add_shape(int64_t rows, int64_t width) {
  const std::string shape = "rows=" + std::to_string(rows) + " width=" + std::to_string(width);
  const double elements = static_cast<double>(rows) * width;
  bench::add({"rmsnorm_forward", shape, 0, elements * 8, [=] {
    auto x = bench::buffer(elements), weight = bench::buffer(width, 2), y = bench::buffer(elements, 3), rstd = bench::buffer(rows, 4);
    return [=] { cpu::rmsnorm_forward({rows, width, 1e-5f, x.get(), weight.get(), y.get(), rstd.get()}); };
  }});
  bench::add({"rmsnorm_backward", shape, 0, elements * 16, [=] {
    auto x = bench::buffer(elements), weight = bench::buffer(width, 2), d_y = bench::buffer(elements, 3), rstd = bench::buffer(rows, 4);
    auto d_x = bench::buffer(elements, 5), d_weight = bench::buffer(width, 6);
    auto workspace = bench::buffer(cpu::rmsnorm_backward_workspace(rows, width), 7);
    return [=] {
      cpu::rmsnorm_backward({rows, width, x.get(), weight.get(), rstd.get(), d_y.get(), d_x.get(), d_weight.get(), workspace.get()});
    };
  }});
}

BENCH(rmsnorm) {
  add_shape(1024, 576);
  add_shape(8192, 576);
  add_shape(8192, 4096);
}
