#include "ops/rows/rows_cases.h"

using namespace ls;

namespace {

struct Cpu {
  using Real = float;
  template <class T>
  class Buffer {
   public:
    explicit Buffer(const std::vector<T>& values) : values_(values) {}
    T* get() const { return values_.data(); }
    const std::vector<T>& read() const { return values_; }

   private:
    mutable std::vector<T> values_;
  };
  static std::vector<float> stored(const std::vector<float>& values) { return values; }
  static std::vector<float> poison(int64_t count) { return std::vector<float>(count, NAN); }

  static void gather_rows(const GatherRows<float>& a) { cpu::gather_rows(a); }
  static void scatter_rows(const ScatterRows<float>& a) { cpu::scatter_rows(a); }
  static void copy_strided(const CopyStrided<float>& a) { cpu::copy_strided(a); }
  static void append_to_cache(const AppendToCache<float>& a) { cpu::append_to_cache(a); }
  static void argmax_rows(const ArgmaxRows& a) { cpu::argmax_rows(a); }
  static void edit_head(const EditHead<float>& a) { cpu::edit_head(a); }
  static void mean_head(const MeanHead<float>& a) { cpu::mean_head(a); }
  static void read_head(const ReadHead<float>& a) { cpu::read_head(a); }
};
using Cases = rows_cases::Cases<Cpu>;

}  // namespace

TEST(gather_and_scatter) { Cases::gather_and_scatter(); }
TEST(copy_into_a_cache) { Cases::copy_into_a_cache(); }
TEST(append_new_keys) { Cases::append_new_keys(); }
TEST(argmax) { Cases::argmax(); }
TEST(edits) { Cases::edits(); }
TEST(means_and_captures) { Cases::means_and_captures(); }
