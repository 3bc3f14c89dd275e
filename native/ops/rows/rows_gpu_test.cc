#include "ops/rows/rows_cases.h"
#include "testing/gpu_check.h"

using namespace ls;
using testing::in_bf16;
using testing::normal;
using testing::OnDevice;

namespace {

struct Gpu {
  using Real = bf16;
  template <class T> using Buffer = OnDevice<T>;
  static std::vector<bf16> stored(const std::vector<float>& values) { return in_bf16(values); }
  static std::vector<bf16> poison(int64_t count) { return std::vector<bf16>(count, to_bf16(NAN)); }

  static void gather_rows(const GatherRows<bf16>& a) { gpu::gather_rows(a); }
  static void scatter_rows(const ScatterRows<bf16>& a) { gpu::scatter_rows(a); }
  static void copy_strided(const CopyStrided<bf16>& a) { gpu::copy_strided(a); }
  static void append_to_cache(const AppendToCache<bf16>& a) { gpu::append_to_cache(a); }
  static void argmax_rows(const ArgmaxRows& a) { gpu::argmax_rows(a); }
  static void edit_head(const EditHead<bf16>& a) { gpu::edit_head(a); }
  static void mean_head(const MeanHead<bf16>& a) { gpu::mean_head(a); }
  static void read_head(const ReadHead<bf16>& a) { gpu::read_head(a); }
};
using Cases = rows_cases::Cases<Gpu>;

}  // namespace

TEST(gather_and_scatter) { testing::for_each_schedule(Cases::gather_and_scatter); }
TEST(copy_into_a_cache) { testing::for_each_schedule(Cases::copy_into_a_cache); }
TEST(append_new_keys) { testing::for_each_schedule(Cases::append_new_keys); }
TEST(argmax) { testing::for_each_schedule(Cases::argmax); }
TEST(edits) { testing::for_each_schedule(Cases::edits); }
TEST(means_and_captures) { testing::for_each_schedule(Cases::means_and_captures); }

// What a graph keeps are the arguments of its launches (runtime/gpu.h).
TEST(a_graph_reads_memory_anew) {
  testing::for_each_schedule([] {
    const std::vector<bf16> table = testing::normal_bf16(4 * 8, 1);
    const OnDevice<bf16> from(table), to(8, to_bf16(NAN));
    const OnDevice<int64_t> row(1, int64_t{0});
    const auto gather = [&] { gpu::gather_rows({1, 8, from, row, to}); };
    gather();  // loads the kernel
    void* graph = gpu::record_graph(gather);
    for (const int64_t wanted : {3, 1}) {
      gpu::upload(row, &wanted, sizeof wanted);
      gpu::replay_graph(graph);
      CHECK(std::memcmp(to.read().data(), &table[wanted * 8], 8 * sizeof(bf16)) == 0);
    }
    gpu::drop_graph(graph);
  });
}

// Both ways exact up to the rounding of to_bf16, NaN and infinities included; with a tail, and off the 16 bytes.
TEST(conversions) {
  testing::for_each_schedule([] {
    for (int64_t count : {1, 8, 1000, 4099})
      for (int64_t offset : {0, 1}) {
        std::vector<float> numbers = normal(count + offset, 1);
        numbers[count / 2] = NAN;
        numbers[count - 1] = INFINITY;
        const std::vector<bf16> rounded = in_bf16(numbers);
        const OnDevice<float> wide(numbers), again(count + offset, -7.0f);
        const OnDevice<bf16> narrow(count + offset, to_bf16(-7));
        gpu::narrow({count, wide.get() + offset, narrow.get() + offset});
        gpu::widen({count, narrow.get() + offset, again.get() + offset});
        const std::vector<bf16> got = narrow.read();
        const std::vector<float> back = again.read();
        for (int64_t i = 0; i < offset; i++) CHECK(to_float(got[i]) == -7 && back[i] == -7);
        for (int64_t i = offset; i < count + offset; i++) {
          const float want = to_float(rounded[i]);
          CHECK(std::isnan(want) ? std::isnan(to_float(got[i])) && std::isnan(back[i]) : got[i].bits == rounded[i].bits && back[i] == want);
        }
      }
  });
}
