#include "ops/rows/rows.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "runtime/threads.h"

namespace ls::cpu {

namespace {

constexpr int64_t kRows = 64;  // that a thread takes at a time

// body(r) for every row.
template <class Body>
void for_each_row(int64_t rows, const Body& body) {
  parallel_ranges(rows, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) body(r);
  });
}

int32_t argmax(const float* values, int64_t count) {
  // The maximum first, a loop the compiler turns into vectors; then the first place that has it.
  constexpr int kLanes = 16;
  float best[kLanes];
  std::fill_n(best, kLanes, -std::numeric_limits<float>::infinity());
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; lane++) best[lane] = values[i + lane] > best[lane] ? values[i + lane] : best[lane];
  float highest = *std::max_element(best, best + kLanes);
  for (; i < count; i++) highest = values[i] > highest ? values[i] : highest;
  const int64_t at = std::find(values, values + count, highest) - values;
  return at < count ? static_cast<int32_t>(at) : 0;  // nothing but NaN
}

}  // namespace

void gather_rows(const GatherRows<float>& a) {
  for_each_row(a.count, [&](int64_t i) { std::copy_n(a.from + a.row[i] * a.width, a.width, a.to + i * a.width); });
}

void scatter_rows(const ScatterRows<float>& a) {
  for_each_row(a.count, [&](int64_t i) { std::copy_n(a.from + i * a.width, a.width, a.to + a.row[i] * a.width); });
}

void copy_strided(const CopyStrided<float>& a) {
  for_each_row(a.blocks * a.rows, [&](int64_t i) {
    const int64_t b = i / a.rows, r = i % a.rows;
    std::copy_n(a.from + b * a.from_block + r * a.from_stride, a.width, a.to + b * a.to_block + r * a.to_stride);
  });
}

void append_to_cache(const AppendToCache<float>& a) {
  for (int64_t s = 0; s < a.sequences; s++)
    for (int64_t h = 0; h < a.heads; h++)
      std::copy_n(a.from + s * a.from_stride + h * a.head_dim, a.head_dim, a.to[s] + (h * a.capacity + a.length[s] - 1) * a.head_dim);
}

void argmax_rows(const ArgmaxRows& a) {
  parallel_for(a.rows, [&](int64_t r) { a.index[r] = argmax(a.values + r * a.width, a.width); });
}

void edit_head(const EditHead<float>& a) {
  for_each_row(a.rows, [&](int64_t r) {
    if ((a.number ? a.number[r] : r) < a.first_row) return;
    float* x = a.x + r * a.stride + a.head * a.head_dim;
    if (a.kind == HeadEdit::zero) std::fill_n(x, a.head_dim, 0.0f);
    else std::copy_n(a.values + (a.kind == HeadEdit::replace ? r * a.head_dim : 0), a.head_dim, x);
  });
}

void mean_head(const MeanHead<float>& a) {
  std::vector<double> sum(a.head_dim);
  for (int64_t r = a.begin; r < a.end; r++)
    for (int64_t i = 0; i < a.head_dim; i++) sum[i] += a.x[r * a.stride + a.head * a.head_dim + i];
  for (int64_t i = 0; i < a.head_dim; i++) a.mean[i] = static_cast<float>(sum[i] / (a.end - a.begin));
}

void read_head(const ReadHead<float>& a) {
  for_each_row(a.rows, [&](int64_t r) { std::copy_n(a.x + r * a.stride + a.head * a.head_dim, a.head_dim, a.out + r * a.head_dim); });
}

}  // namespace ls::cpu
