#include "ops/linear/few_rows.h"

#include "runtime/threads.h"
#include "runtime/vec.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;

namespace {

// dots[r][o] = x_r · w_o for kRows rows of x and kOut rows of w, each sum in one vector of its own.
template <int kRows, int kOut>
inline void dots(const float* x, int64_t x_stride, const float* w, int64_t in, float* y, int64_t y_stride, const float* bias, float beta) {
  Vec sum[kRows][kOut] = {};
  int64_t i = 0;
  for (; i + kLanes <= in; i += kLanes) {
    Vec wi[kOut];
    for (int o = 0; o < kOut; o++) wi[o] = load(w + o * in + i);
    for (int r = 0; r < kRows; r++) {
      const Vec xi = load(x + r * x_stride + i);
      for (int o = 0; o < kOut; o++) sum[r][o] += xi * wi[o];
    }
  }
  for (int r = 0; r < kRows; r++)
    for (int o = 0; o < kOut; o++) {
      float total = reduce_add(sum[r][o]);
      for (int64_t j = i; j < in; j++) total += x[r * x_stride + j] * w[o * in + j];
      if (bias) total += bias[o];
      float& out = y[r * y_stride + o];
      out = beta == 0 ? total : beta * out + total;
    }
}

// All rows of x against kOut rows of w, kRows at a time.
template <int kRows, int kOut>
inline void all_rows(const LinearForward& a, int64_t o) {
  const float *w = a.weight + o * a.in, *bias = a.bias ? a.bias + o : nullptr;
  int64_t r = 0;
  for (; r + kRows <= a.rows; r += kRows) dots<kRows, kOut>(a.x + r * a.x_stride, a.x_stride, w, a.in, a.y + r * a.y_stride + o, a.y_stride, bias, a.beta);
  for (; r < a.rows; r++) dots<1, kOut>(a.x + r * a.x_stride, a.x_stride, w, a.in, a.y + r * a.y_stride + o, a.y_stride, bias, a.beta);
}

}  // namespace

void linear_few_rows(const LinearForward& a) {
  constexpr int kOut = 4;
  constexpr int64_t kTile = 64;
  parallel_ranges(a.out, kTile, [&](int64_t begin, int64_t end) {
    int64_t o = begin;
    for (; o + kOut <= end; o += kOut) all_rows<4, kOut>(a, o);
    for (; o < end; o++) all_rows<4, 1>(a, o);
  });
}

}  // namespace ls::cpu::LS_ISA
