#include "ops/rmsnorm/rmsnorm.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

struct NormShape { int64_t rows, width; };

static void add_shape(Suite& suite, int64_t rows, int64_t width) {
  const std::string shape = shape_of({{"rows", rows}, {"width", width}});
  const int64_t count = rows * width;
  suite.add({"rmsnorm_forward", shape, 0, 4.0 * count, [=] {
    const auto x = normal<bf16>(count), weight = normal<bf16>(width), y = zeros<bf16>(count);
    const auto rstd = zeros<float>(rows);
    return [=] { rmsnorm_forward({rows, width, 1e-5f, x.get(), weight.get(), y.get(), rstd.get()}); };
  }});
  // x, d_y and d_x read, d_x written.
  suite.add({"rmsnorm_backward", shape, 0, 8.0 * count, [=] {
    const auto x = normal<bf16>(count), weight = normal<bf16>(width), y = zeros<bf16>(count), d_y = normal<bf16>(count), d_x = normal<bf16>(count);
    const auto rstd = zeros<float>(rows), d_weight = zeros<float>(width), workspace = zeros<float>(rmsnorm_backward_workspace(rows, width));
    rmsnorm_forward({rows, width, 1e-5f, x.get(), weight.get(), y.get(), rstd.get()});
    return [=] {
      rmsnorm_backward({rows, width, x.get(), weight.get(), rstd.get(), d_y.get(), d_x.get(), d_weight.get(), workspace.get()});
    };
  }});
}

GPU_BENCH(rmsnorm) {
  for (const NormShape& s : suite.pick<NormShape>({{8192, 576}, {16384, 4096}}, {{32, 64}})) add_shape(suite, s.rows, s.width);
}

}  // namespace ls::bench::LS_GPU
