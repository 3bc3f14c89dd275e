#include <numeric>

#include "ops/rope/rope.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

struct RopeShape { int64_t tokens, heads, head_dim; };

static void add_shape(Suite& suite, int64_t tokens, int64_t heads, int64_t head_dim) {
  const int64_t count = tokens * heads * head_dim;
  suite.add({"rope", shape_of({{"tokens", tokens}, {"heads", heads}, {"head_dim", head_dim}}), 0, 4.0 * count, [=] {
    ls_rope config{};
    config.theta = 10000;
    std::vector<float> cos(tokens * head_dim / 2), sin(cos.size());
    rope_table(rope_frequencies(config, head_dim, tokens, tokens), tokens, cos.data(), sin.data());
    std::vector<int32_t> positions(tokens);
    std::iota(positions.begin(), positions.end(), 0);
    const auto x = normal<bf16>(count);
    const auto cos_table = on_device(cos), sin_table = on_device(sin);
    const auto position = on_device(positions);
    return [=] { rope({tokens, heads, head_dim, heads * head_dim, x.get(), position.get(), cos_table.get(), sin_table.get(), false}); };
  }});
}

GPU_BENCH(rope) {  // query and key heads together
  for (const RopeShape& s : suite.pick<RopeShape>({{8192, 12, 64}, {32768, 40, 128}}, {{32, 3, 16}})) add_shape(suite, s.tokens, s.heads, s.head_dim);
}

}  // namespace ls::bench::LS_GPU
