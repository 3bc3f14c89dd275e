#include "ops/embedding/embedding.h"

#include "testing/check.h"

using namespace ls;
using testing::normal;

static std::vector<int32_t> some_ids(int64_t tokens, int32_t vocabulary) {
  std::vector<int32_t> ids(tokens);
  for (int64_t t = 0; t < tokens; t++) ids[t] = static_cast<int32_t>(t * t % vocabulary);  // many repeat
  return ids;
}

TEST(forward_copies_rows) {
  for (int64_t width : {1, 64, 100})
    for (int64_t tokens : {1, 33, 100}) {
      const std::vector<float> table = normal(11 * width, 1);
      const std::vector<int32_t> ids = some_ids(tokens, 11);
      std::vector<float> y(tokens * width, NAN);
      cpu::embedding_forward({tokens, width, ids.data(), table.data(), y.data()});
      for (int64_t t = 0; t < tokens; t++) CHECK(!std::memcmp(&y[t * width], &table[ids[t] * width], width * sizeof(float)));
    }
}

// At most 100 numbers of size 4 are added in float: 100·u·(100·4)/2 in the worst case, far less in truth; rows without a token stay.
TEST(backward_adds_in_token_order) {
  for (int64_t width : {1, 64, 100, 200})
    for (int64_t tokens : {1, 33, 100}) {
      const int32_t vocabulary = 11;
      const std::vector<float> d_y = normal(tokens * width, 1), before = normal(vocabulary * width, 2);
      const std::vector<int32_t> ids = some_ids(tokens, vocabulary);
      std::vector<double> want = testing::in_double(before);
      for (int64_t t = 0; t < tokens; t++)
        for (int64_t i = 0; i < width; i++) want[ids[t] * width + i] += d_y[t * width + i];
      std::vector<float> d_table;
      CHECK_SAME_WITH_ANY_THREADS([&] {
        d_table = before;
        cpu::embedding_backward({tokens, width, vocabulary, ids.data(), d_y.data(), d_table.data()});
        return d_table;
      });
      CHECK_CLOSE(d_table.data(), want.data(), vocabulary * width, 2e-5, 0);
      for (int64_t i = 0; i < width; i++) CHECK(d_table[2 * width + i] == before[2 * width + i]);  // 2 is no square modulo 11
    }
}
