#include "ops/rope/rope.h"
#include "testing/bench.h"

using namespace ls;

static void add_shape(int64_t tokens, int64_t heads, int64_t head_dim) {
  const std::string shape = "tokens=" + std::to_string(tokens) + " heads=" + std::to_string(heads) + " head_dim=" + std::to_string(head_dim);
  const double elements = static_cast<double>(tokens) * heads * head_dim;
  bench::add({"rope", shape, 0, elements * 8, [=] {
    auto x = bench::buffer(elements), cos = bench::buffer(tokens * head_dim / 2, 2), sin = bench::buffer(tokens * head_dim / 2, 3);
    auto position = std::make_shared<std::vector<int32_t>>(tokens);
    for (int64_t t = 0; t < tokens; t++) (*position)[t] = static_cast<int32_t>(t);
    ls_rope config{};
    config.theta = 10000;
    rope_table(rope_frequencies(config, head_dim, tokens, tokens), tokens, cos.get(), sin.get());
    return [=] { cpu::rope({tokens, heads, head_dim, heads * head_dim, x.get(), position->data(), cos.get(), sin.get(), false}); };
  }});
}

BENCH(rope) {
  add_shape(1024, 12, 64);  // 9 query and 3 key heads
  add_shape(8192, 12, 64);
  add_shape(4096, 40, 128);
}
