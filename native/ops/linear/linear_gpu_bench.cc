#include "ops/linear/linear.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

struct LinearShape { int64_t rows, in, out; };

static void add_shape(Suite& suite, int64_t rows, int64_t in, int64_t out) {
  const std::string shape = shape_of({{"rows", rows}, {"in", in}, {"out", out}});
  const double flops = 2.0 * rows * in * out, x_bytes = 2.0 * rows * in, y_bytes = 2.0 * rows * out, weight_bytes = 2.0 * in * out;
  suite.add({"linear_forward", shape, flops, x_bytes + weight_bytes + y_bytes, [=] {
    const auto x = normal<bf16>(rows * in), weight = normal<bf16>(out * in), y = zeros<bf16>(rows * out);
    return [=] { linear_forward({rows, in, out, x.get(), in, weight.get(), nullptr, y.get(), out, 0}); };
  }});
  if (rows < 64) return;  // decoding
  suite.add({"linear_backward_input", shape, flops, x_bytes + weight_bytes + y_bytes, [=] {
    const auto d_y = normal<bf16>(rows * out), weight = normal<bf16>(out * in), d_x = zeros<bf16>(rows * in);
    return [=] { linear_backward_input({rows, in, out, d_y.get(), out, weight.get(), d_x.get(), in, 0}); };
  }});
  suite.add({"linear_backward_weight", shape, flops, x_bytes + 4 * weight_bytes + y_bytes, [=] {  // the gradient is fp32 and added to
    const auto d_y = normal<bf16>(rows * out), x = normal<bf16>(rows * in);
    const auto d_weight = zeros<float>(out * in);
    return [=] { linear_backward_weight({rows, in, out, d_y.get(), out, x.get(), in, d_weight.get(), nullptr}); };
  }});
}

GPU_BENCH(linear) {  // gate and up together, of SmolLM2-135M and of Llama-3-8B; the same while decoding
  const auto shapes = suite.pick<LinearShape>({{8192, 576, 3072}, {8192, 4096, 28672}, {1, 576, 3072}, {1, 4096, 28672}},
                                              {{64, 32, 48}, {1, 32, 48}});
  for (const LinearShape& s : shapes) add_shape(suite, s.rows, s.in, s.out);
}

}  // namespace ls::bench::LS_GPU
