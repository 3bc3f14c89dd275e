#include "ops/embedding/embedding.h"
#include "testing/bench.h"

using namespace ls;

static void add_shape(int64_t tokens, int64_t width, int64_t vocabulary) {
  const std::string shape = "tokens=" + std::to_string(tokens) + " width=" + std::to_string(width) + " vocabulary=" + std::to_string(vocabulary);
  auto some_ids = [=] {
    auto ids = std::make_shared<std::vector<int32_t>>(tokens);
    for (int64_t t = 0; t < tokens; t++) (*ids)[t] = static_cast<int32_t>(t * 7919 % vocabulary);
    return ids;
  };
  bench::add({"embedding_forward", shape, 0, tokens * width * 8.0, [=] {
    auto table = bench::buffer(vocabulary * width), y = bench::buffer(tokens * width, 2);
    auto ids = some_ids();
    return [=] { cpu::embedding_forward({tokens, width, ids->data(), table.get(), y.get()}); };
  }});
  bench::add({"embedding_backward", shape, 0, tokens * width * 12.0, [=] {
    auto table = bench::buffer(vocabulary * width), d_y = bench::buffer(tokens * width, 2);
    auto ids = some_ids();
    return [=] { cpu::embedding_backward({tokens, width, vocabulary, ids->data(), d_y.get(), table.get()}); };
  }});
}

BENCH(embedding) {
  add_shape(1024, 576, 49152);
  add_shape(8192, 576, 49152);
}
