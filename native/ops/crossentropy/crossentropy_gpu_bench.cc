#include "ops/crossentropy/crossentropy.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

struct HeadShape { int64_t rows, width, vocabulary; };

// Forward and backward: three matrix products.
static void add_shape(Suite& suite, int64_t rows, int64_t width, int64_t vocabulary) {
  const std::string shape = shape_of({{"rows", rows}, {"width", width}, {"vocabulary", vocabulary}});
  const double x_bytes = 4.0 * rows * width, weight_bytes = 10.0 * vocabulary * width;  // x and d_x; the weight and its fp32 gradient, added to
  suite.add({"linear_cross_entropy", shape, 6.0 * rows * width * vocabulary, x_bytes + weight_bytes, [=] {
    const auto x = normal<bf16>(rows * width), weight = normal<bf16>(vocabulary * width, 0.02f), d_x = zeros<bf16>(rows * width);
    const auto d_weight = zeros<float>(vocabulary * width), workspace = zeros<float>(cross_entropy_workspace(rows, width, vocabulary));
    std::vector<int32_t> labels(rows);
    for (int64_t r = 0; r < rows; r++) labels[r] = static_cast<int32_t>(r * 7919 % vocabulary);
    const auto label = on_device(labels);
    const auto loss = zeros<double>(1);
    return [=] {
      linear_cross_entropy({rows, width, vocabulary, x.get(), weight.get(), label.get(), nullptr, static_cast<double>(rows), d_x.get(),
                            d_weight.get(), workspace.get(), loss.get()});
    };
  }});
}

GPU_BENCH(crossentropy) {
  for (const HeadShape& s : suite.pick<HeadShape>({{8192, 576, 49152}, {8192, 4096, 128256}}, {{16, 32, 100}}))
    add_shape(suite, s.rows, s.width, s.vocabulary);
}

}  // namespace ls::bench::LS_GPU
