#include "ops/linear/linear.h"

#include <algorithm>

#include "ops/linear/few_rows.h"
#include "ops/linear/gemm.h"
#include "runtime/threads.h"

namespace ls::cpu {

namespace {

// Cuts an (m, n) result into tiles of one matrix product each. Tall tiles waste the least on transposing the weights (README.md), and what is small is cut
// further, so that there is work for many threads. From the shape alone, never from the number of threads.
struct Tiles {
  static constexpr int64_t kRows = 512, kColumns = 384;          // at most
  static constexpr int64_t kLeastRows = 64, kLeastColumns = 144;  // no smaller by choice
  static constexpr int64_t kWanted = 12;

  Tiles(int64_t m, int64_t n) : m(m), n(n) {
    int64_t down = std::max<int64_t>(1, pieces(m, kRows)), across = std::max<int64_t>(1, pieces(n, kColumns));
    while (down * across < kWanted && n / across >= 2 * kLeastColumns) across *= 2;
    while (down * across < kWanted && m / down >= 2 * kLeastRows) down *= 2;
    rows = rounded(pieces(m, down));
    columns = rounded(pieces(n, across));
    this->across = pieces(n, columns);
    count = pieces(m, rows) * this->across;
  }

  template <class Body>  // body(first row, first column, rows, columns)
  void for_each(const Body& body) const {
    parallel_for(count, [&](int64_t i) {
      const int64_t r = i / across * rows, c = i % across * columns;
      body(r, c, std::min(rows, m - r), std::min(columns, n - c));
    });
  }

  static int64_t pieces(int64_t size, int64_t piece) { return (size + piece - 1) / piece; }
  static int64_t rounded(int64_t size) { return std::max<int64_t>(1, pieces(size, 16)) * 16; }

  int64_t m, n, rows, columns, across, count;
};

void add_bias(const float* bias, float* y, int64_t y_stride, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < columns; c++) y[r * y_stride + c] += bias[c];
}

}  // namespace

void linear_forward(const LinearForward<float>& a) {
  if (a.rows <= kFewRows) return linear_few_rows(a);
  Tiles(a.rows, a.out).for_each([&](int64_t r, int64_t c, int64_t rows, int64_t columns) {
    float* y = a.y + r * a.y_stride + c;
    gemm({false, true, rows, columns, a.in, a.x + r * a.x_stride, a.x_stride, a.weight + c * a.in, a.in, a.beta, y, a.y_stride, a.alpha});
    if (a.bias) add_bias(a.bias + c, y, a.y_stride, rows, columns);
  });
}

void linear_logits(const LinearLogits<float>& a) {
  linear_forward({a.rows, a.in, a.out, a.x, a.x_stride, a.weight, nullptr, a.y, a.y_stride, 0.0f});
}

void linear_backward_input(const LinearBackwardInput<float>& a) {
  Tiles(a.rows, a.in).for_each([&](int64_t r, int64_t c, int64_t rows, int64_t columns) {
    gemm({false, false, rows, columns, a.out, a.d_y + r * a.d_y_stride, a.d_y_stride, a.weight + c, a.in, a.beta, a.d_x + r * a.d_x_stride + c,
          a.d_x_stride, a.alpha});
  });
}

void linear_backward_weight(const LinearBackwardWeight<float>& a) {
  Tiles(a.out, a.in).for_each([&](int64_t r, int64_t c, int64_t rows, int64_t columns) {
    gemm({true, false, rows, columns, a.rows, a.d_y + r, a.d_y_stride, a.x + c, a.x_stride, 1.0f, a.d_weight + r * a.in + c, a.in});
  });
  if (!a.d_bias) return;
  parallel_ranges(a.out, 64, [&](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < a.rows; r++)
      for (int64_t c = begin; c < end; c++) a.d_bias[c] += a.d_y[r * a.d_y_stride + c];
  });
}

}  // namespace ls::cpu
