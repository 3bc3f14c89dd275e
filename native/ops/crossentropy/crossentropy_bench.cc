#include "ops/crossentropy/crossentropy.h"
#include "testing/bench.h"

using namespace ls;

// Forward and backward: three matrix products.
static void add_shape(int64_t rows, int64_t width, int64_t vocabulary) {
  const std::string shape = "rows=" + std::to_string(rows) + " width=" + std::to_string(width) + " vocabulary=" + std::to_string(vocabulary);
  bench::add({"linear_cross_entropy", shape, 6.0 * rows * width * vocabulary, 0, [=] {
    auto x = bench::buffer(rows * width), weight = bench::buffer(vocabulary * width, 2), d_x = bench::buffer(rows * width, 3);
    auto d_weight = bench::buffer(vocabulary * width, 4), workspace = bench::buffer(cpu::cross_entropy_workspace(rows, 0, vocabulary), 5);
    auto label = std::make_shared<std::vector<int32_t>>(rows);
    for (int64_t r = 0; r < rows; r++) (*label)[r] = static_cast<int32_t>(r * 7919 % vocabulary);
    auto loss = std::make_shared<double>();
    return [=] {
      cpu::linear_cross_entropy({rows, width, vocabulary, x.get(), weight.get(), label->data(), nullptr, static_cast<double>(rows), d_x.get(),
                                 d_weight.get(), workspace.get(), loss.get()});
    };
  }});
}

BENCH(crossentropy) {
  add_shape(1024, 576, 49152);
  add_shape(256, 4096, 32000);
}
