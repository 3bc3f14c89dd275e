#include <numeric>

#include "ops/embedding/embedding.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

struct EmbeddingShape { int64_t tokens, width, vocabulary; };

static void add_shape(Suite& suite, int64_t tokens, int64_t width, int64_t vocabulary) {
  const std::string shape = shape_of({{"tokens", tokens}, {"width", width}, {"vocabulary", vocabulary}});
  std::vector<int32_t> ids(tokens), order(tokens);  // nearly all of them different
  for (int64_t t = 0; t < tokens; t++) ids[t] = static_cast<int32_t>(t * 7919 % vocabulary);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return ids[a] < ids[b]; });
  suite.add({"embedding_forward", shape, 0, 4.0 * tokens * width, [=] {
    const auto table = normal<bf16>(vocabulary * width), y = zeros<bf16>(tokens * width);
    const auto id = on_device(ids);
    return [=] { embedding_forward({tokens, width, id.get(), table.get(), y.get()}); };
  }});
  // d_y read, rows of the fp32 gradient read and written.
  suite.add({"embedding_backward", shape, 0, 10.0 * tokens * width, [=] {
    const auto d_y = normal<bf16>(tokens * width);
    const auto d_table = zeros<float>(vocabulary * width);
    const auto id = on_device(ids), sorted = on_device(order);
    return [=] { embedding_backward({tokens, width, vocabulary, id.get(), d_y.get(), d_table.get(), sorted.get()}); };
  }});
}

GPU_BENCH(embedding) {
  for (const EmbeddingShape& s : suite.pick<EmbeddingShape>({{8192, 576, 49152}, {32768, 4096, 128256}}, {{32, 64, 100}}))
    add_shape(suite, s.tokens, s.width, s.vocabulary);
}

}  // namespace ls::bench::LS_GPU
