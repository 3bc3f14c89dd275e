// What this GPU reaches with code that is not ours to improve: the copy of its driver, a product of its library. Other rows are shares of these.
#include "ops/linear/linear.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

GPU_BENCH(ceilings) {
  for (const int64_t mib : suite.pick<int64_t>({4096}, {1})) {
    const int64_t bytes = mib << 20;
    suite.add({"ceiling_copy", shape_of({{"mib", mib}}), 0, 2.0 * bytes, [=] {
      const auto from = normal<float>(bytes / 4), to = zeros<float>(bytes / 4);
      return [=] { copy(to.get(), from.get(), bytes); };
    }});
  }
  for (const int64_t n : suite.pick<int64_t>({8192}, {64}))
    suite.add({"ceiling_gemm", shape_of({{"rows", n}, {"in", n}, {"out", n}}), 2.0 * n * n * n, 6.0 * n * n, [=] {
      const auto x = normal<bf16>(n * n), weight = normal<bf16>(n * n), y = zeros<bf16>(n * n);
      return [=] { linear_forward({n, n, n, x.get(), n, weight.get(), nullptr, y.get(), n, 0}); };
    }});
}

}  // namespace ls::bench::LS_GPU
