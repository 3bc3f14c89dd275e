#include "ops/linear/few_rows.h"

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

// The register block: 4 rows of x by kOut rows of w, one vector a sum, within 32 registers (AVX-512) or 16.
constexpr int kRows = 4;
constexpr int kOut = kLanes == 16 ? 6 : 3;

// y[r][o] = x_r · w_o. While the first rows of x run, the next kOuts rows of w are fetched: they come from memory only then.
template <int kRows, int kOuts>
inline void block(const LinearForward<float>& a, int64_t r0, int64_t o0) {
  const float *x = a.x + r0 * a.x_stride, *w = a.weight + o0 * a.in, *next = w + kOuts * a.in;
  const bool fetch = r0 == 0;
  Vec sum[kRows][kOuts] = {};
  int64_t i = 0;
  for (; i + kLanes <= a.in; i += kLanes) {
    Vec w_i[kOuts];
    for (int o = 0; o < kOuts; o++) {
      w_i[o] = load(w + o * a.in + i);
      if (fetch) __builtin_prefetch(next + o * a.in + i);
    }
    for (int r = 0; r < kRows; r++) {
      const Vec x_i = load(x + r * a.x_stride + i);
      for (int o = 0; o < kOuts; o++) sum[r][o] += x_i * w_i[o];
    }
  }
  for (int r = 0; r < kRows; r++)
    for (int o = 0; o < kOuts; o++) {
      float total = reduce_add(sum[r][o]);
      for (int64_t j = i; j < a.in; j++) total += x[r * a.x_stride + j] * w[o * a.in + j];
      total *= a.alpha;
      if (a.bias) total += a.bias[o0 + o];
      float& y = a.y[(r0 + r) * a.y_stride + o0 + o];
      y = a.beta == 0 ? total : a.beta * y + total;
    }
}

// All rows of x against kOuts rows of w.
template <int kOuts>
inline void all_rows(const LinearForward<float>& a, int64_t o) {
  int64_t r = 0;
  for (; r + kRows <= a.rows; r += kRows) block<kRows, kOuts>(a, r, o);
  static_assert(kRows == 4, "one case for each remainder");
  switch (a.rows - r) {
    case 1: return block<1, kOuts>(a, r, o);
    case 2: return block<2, kOuts>(a, r, o);
    case 3: return block<3, kOuts>(a, r, o);
  }
}

}  // namespace

void linear_few_rows(const LinearForward<float>& a) {
  constexpr int64_t kTile = 48;  // rows of w a thread takes at a time
  parallel_ranges(a.out, kTile, [&](int64_t begin, int64_t end) {
    int64_t o = begin;
    for (; o + kOut <= end; o += kOut) all_rows<kOut>(a, o);
    for (; o < end; o++) all_rows<1>(a, o);
  });
}

}  // namespace ls::cpu::LS_ISA
