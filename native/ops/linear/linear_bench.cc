#include "ops/linear/linear.h"
#include "testing/bench.h"

using namespace ls;

static std::string shape_of(int64_t rows, int64_t in, int64_t out) {
  return "rows=" + std::to_string(rows) + " in=" + std::to_string(in) + " out=" + std::to_string(out);
}

static void add_shape(int64_t rows, int64_t in, int64_t out) {
  const std::string shape = shape_of(rows, in, out);
  const double flops = 2.0 * rows * in * out;
  bench::add({"linear_forward", shape, flops, 0, [=] {
    auto x = bench::buffer(rows * in), weight = bench::buffer(out * in, 2), y = bench::buffer(rows * out, 3);
    return [=] { cpu::linear_forward({rows, in, out, x.get(), in, weight.get(), nullptr, y.get(), out, 0}); };
  }});
  bench::add({"linear_backward_input", shape, flops, 0, [=] {
    auto d_y = bench::buffer(rows * out), weight = bench::buffer(out * in, 2), d_x = bench::buffer(rows * in, 3);
    return [=] { cpu::linear_backward_input({rows, in, out, d_y.get(), out, weight.get(), d_x.get(), in, 0}); };
  }});
  bench::add({"linear_backward_weight", shape, flops, 0, [=] {
    auto d_y = bench::buffer(rows * out), x = bench::buffer(rows * in, 2), d_weight = bench::buffer(out * in, 3);
    return [=] { cpu::linear_backward_weight({rows, in, out, d_y.get(), out, x.get(), in, d_weight.get(), nullptr}); };
  }});
}

// GB/s of weights. Several weight matrices in turn, together larger than the caches, as in a model.
static void add_decode(int64_t rows, int64_t in, int64_t out) {
  bench::add({"linear_decode", shape_of(rows, in, out), 2.0 * rows * in * out, 4.0 * in * out, [=] {
    const int64_t copies = (256 << 20) / 4 / (in * out) + 1;
    auto x = bench::buffer(rows * in), weights = bench::buffer(copies * in * out, 2), y = bench::buffer(rows * out, 3);
    auto next = std::make_shared<int64_t>(0);
    return [=] {
      const float* weight = weights.get() + (*next)++ % copies * in * out;
      cpu::linear_forward({rows, in, out, x.get(), in, weight, nullptr, y.get(), out, 0});
    };
  }});
}

BENCH(linear) {
  add_shape(1024, 576, 960);  // SmolLM2-135M: q, k and v together; output; gate and up; down
  add_shape(1024, 576, 576);
  add_shape(1024, 576, 3072);
  add_shape(1024, 1536, 576);
  add_shape(1024, 4096, 4096);
  for (int64_t rows : {1, 2, 4, 8, 16}) add_decode(rows, 576, 3072);
  for (int64_t rows : {1, 4}) add_decode(rows, 1536, 576);
  for (int64_t rows : {1, 4}) add_decode(rows, 576, 49152);
  for (int64_t rows : {1, 16}) add_decode(rows, 4096, 4096);
}
