#include "ops/swiglu/swiglu.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

struct SwigluShape { int64_t rows, width; };

static void add_shape(Suite& suite, int64_t rows, int64_t width) {
  const std::string shape = shape_of({{"rows", rows}, {"width", width}});
  const int64_t count = rows * width;
  suite.add({"swiglu_forward", shape, 0, 6.0 * count, [=] {
    const auto gate_up = normal<bf16>(2 * count), y = zeros<bf16>(count);
    return [=] { swiglu_forward({rows, width, gate_up.get(), y.get()}); };
  }});
  suite.add({"swiglu_backward", shape, 0, 10.0 * count, [=] {
    const auto gate_up = normal<bf16>(2 * count), d_y = normal<bf16>(count), d_gate_up = zeros<bf16>(2 * count);
    return [=] { swiglu_backward({rows, width, gate_up.get(), d_y.get(), d_gate_up.get()}); };
  }});
}

GPU_BENCH(swiglu) {
  for (const SwigluShape& s : suite.pick<SwigluShape>({{8192, 1536}, {32768, 14336}}, {{32, 64}})) add_shape(suite, s.rows, s.width);
}

}  // namespace ls::bench::LS_GPU
