// The embedding on a GPU. Forward copies. Backward the gradients are small whole numbers, so that every sum is exact and any token too much, too few
// or in the wrong row shows; a second test sums fractions, which must give the same bits in every schedule.
#include "ops/embedding/embedding.h"

#include <algorithm>
#include <numeric>

#include "testing/gpu_check.h"

using namespace ls;
using testing::in_float;
using testing::normal;
using testing::normal_bf16;
using testing::OnDevice;

namespace {

// Ids in a shuffled order, run[i] tokens with id 2i + 1; the even ids do not occur.
std::vector<int32_t> ids_of(const std::vector<int>& run) {
  std::vector<int32_t> ids;
  for (size_t i = 0; i < run.size(); i++) ids.insert(ids.end(), run[i], static_cast<int32_t>(2 * i + 1));
  std::mt19937 random(5);
  std::shuffle(ids.begin(), ids.end(), random);
  return ids;
}

std::vector<int32_t> order_of(const std::vector<int32_t>& ids) {
  std::vector<int32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return ids[a] < ids[b]; });
  return order;
}

std::vector<float> gradient(int64_t width, const std::vector<int32_t>& ids, const std::vector<bf16>& d_y, const std::vector<float>& before) {
  const OnDevice<int32_t> ids_device(ids), order(order_of(ids));
  const OnDevice<bf16> d_y_device(d_y);
  const OnDevice<float> d_table(before);
  const int64_t tokens = static_cast<int64_t>(ids.size()), vocabulary = static_cast<int64_t>(before.size()) / width;
  gpu::embedding_backward({tokens, width, vocabulary, ids_device, d_y_device, d_table, order});
  return d_table.read();
}

}  // namespace

TEST(forward_copies_rows) {
  for (int64_t width : {1, 64, 100, 2056})
    for (int64_t tokens : {1, 33}) {
      const std::vector<bf16> table = normal_bf16(11 * width, 1);
      std::vector<int32_t> ids(tokens);
      for (int64_t t = 0; t < tokens; t++) ids[t] = static_cast<int32_t>(t * t % 11);
      const OnDevice<int32_t> ids_device(ids);
      const OnDevice<bf16> table_device(table);
      CHECK_SAME_IN_EVERY_SCHEDULE([&] {
        const OnDevice<bf16> y(tokens * width, to_bf16(NAN));
        gpu::embedding_forward({tokens, width, ids_device, table_device, y});
        const std::vector<bf16> got = y.read();
        for (int64_t t = 0; t < tokens; t++) CHECK(!std::memcmp(&got[t * width], &table[ids[t] * width], width * sizeof(bf16)));
        return in_float(got);
      });
    }
}

// Runs around 32, where a warp reads on, and 64, where blocks take over; long ones that begin just before, at and just after a multiple of 64.
TEST(backward_is_exact_on_whole_numbers) {
  const std::vector<std::vector<int>> runs = {{1},          {300},        {3, 31, 32, 33, 1, 63, 64, 65, 66, 130, 1},
                                              {64, 64, 65}, {63, 200, 1}, {65, 190, 66, 500, 2}};
  for (int64_t width : {1, 8, 100, 72, 264})
    for (const std::vector<int>& run : runs) {
      const std::vector<int32_t> ids = ids_of(run);
      const int64_t tokens = static_cast<int64_t>(ids.size()), vocabulary = 2 * static_cast<int64_t>(run.size()) + 1;
      std::vector<float> numbers = normal(tokens * width, 1, 4), before = normal(vocabulary * width, 2, 100);
      for (float& x : numbers) x = std::round(x);
      for (float& x : before) x = std::round(x);
      std::vector<double> want = testing::in_double(before);
      for (int64_t t = 0; t < tokens; t++)
        for (int64_t i = 0; i < width; i++) want[ids[t] * width + i] += numbers[t * width + i];
      const std::vector<float> got = gradient(width, ids, testing::in_bf16(numbers), before);
      CHECK_CLOSE(got.data(), want.data(), vocabulary * width, 0, 0);
    }
}

// 4,000 of 8,000 tokens are padding, as in a batch of short documents.
TEST(backward_with_much_padding) {
  const int64_t tokens = 8000, width = 64, vocabulary = 600;
  std::vector<int32_t> ids(tokens);
  for (int64_t t = 0; t < tokens; t++) ids[t] = t % 2 ? 0 : static_cast<int32_t>(t * t % vocabulary);
  std::vector<float> numbers = normal(tokens * width, 1, 4);
  for (float& x : numbers) x = std::round(x);
  std::vector<double> want(vocabulary * width);
  for (int64_t t = 0; t < tokens; t++)
    for (int64_t i = 0; i < width; i++) want[ids[t] * width + i] += numbers[t * width + i];
  const std::vector<float> got = gradient(width, ids, testing::in_bf16(numbers), std::vector<float>(vocabulary * width));
  CHECK_CLOSE(got.data(), want.data(), vocabulary * width, 0, 0);
}

// Fractions: a sum of at most 130 numbers below 5 in chains of 64 and 36 additions, each with an error of u = 2⁻²⁴ of what is summed so far (below
// 130 on these data): 64·u·130.
TEST(backward_is_the_same_in_every_schedule) {
  const std::vector<int32_t> ids = ids_of({3, 64, 130, 1, 33});
  const int64_t tokens = static_cast<int64_t>(ids.size()), width = 40, vocabulary = 11;
  const std::vector<bf16> d_y = normal_bf16(tokens * width, 1);
  const std::vector<float> before = normal(vocabulary * width, 2);
  std::vector<double> want = testing::in_double(before);
  for (int64_t t = 0; t < tokens; t++)
    for (int64_t i = 0; i < width; i++) want[ids[t] * width + i] += to_float(d_y[t * width + i]);
  std::vector<float> got;
  CHECK_SAME_IN_EVERY_SCHEDULE([&] {
    got = gradient(width, ids, d_y, before);
    return got;
  });
  CHECK_CLOSE(got.data(), want.data(), vocabulary * width, 64 * 6e-8 * 130, 0);
}
