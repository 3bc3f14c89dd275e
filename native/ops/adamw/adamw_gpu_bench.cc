#include "ops/adamw/adamw.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

static void add_shape(Suite& suite, int64_t count, int64_t tensors) {
  const std::string shape = shape_of({{"count", count}, {"tensors", tensors}});
  // Of each parameter 16 bytes are read (gradient, fp32 weight, two moments) and 14 written (those without the gradient, and the bf16 weight).
  suite.add({"adamw_all", shape, 0, 30.0 * count, [=] {
    const auto weight = zeros<bf16>(count);
    const auto master = normal<float>(count), m = zeros<float>(count), v = zeros<float>(count), gradient = normal<float>(count);
    std::vector<AdamWTensor> table(tensors);
    const int64_t each = count / tensors;
    for (int64_t t = 0; t < tensors; t++) {
      const int64_t first = t * each;
      table[t] = {each, weight.get() + first, master.get() + first, m.get() + first, v.get() + first, gradient.get() + first, 0.1, 0};
    }
    const int64_t blocks = number_adamw_blocks(table.data(), tensors);
    const auto tensor = on_device(table);
    const auto squares = on_device<double>({1.0 * count}), loss = on_device<double>({2.0});
    const auto step = std::make_shared<int64_t>(0);
    return [=] {
      (void)weight, (void)master, (void)m, (void)v, (void)gradient;  // kept alive
      adamw_all({tensors, tensor.get(), blocks, 1e-4, 0.9, 0.95, 1e-8, 1.0, squares.get(), loss.get(), ++*step});
    };
  }});
  suite.add({"sum_of_squares", shape_of({{"count", count}}), 0, 4.0 * count, [=] {
    const auto x = normal<float>(count);
    const auto sum = zeros<double>(1), workspace = zeros<double>(kSumOfSquaresWorkspace);
    return [=] { sum_of_squares({count, x.get(), sum.get(), workspace.get()}); };
  }});
}

GPU_BENCH(adamw) {  // as many parameters as SmolLM2-135M, in as many tensors
  for (const int64_t count : suite.pick<int64_t>({134217728}, {16384})) add_shape(suite, count, suite.tiny ? 4 : 256);
}

}  // namespace ls::bench::LS_GPU
