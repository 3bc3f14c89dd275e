// Tile products, transposes and packing against plain loops, on all remainders of the register block.
#include "runtime/tile_gemm.h"

#include "testing/check.h"

namespace {

using namespace ls::LS_ISA;

// Small integers: every product and sum is exact in fp32, so the results must be equal.
std::vector<float> integers(int64_t count, uint32_t seed) {
  auto values = ls::testing::normal(count, seed, 3.0f);
  for (float& x : values) x = std::round(x);
  return values;
}

template <TileA kA, TileC kC>
void check_gemm(int64_t m, int64_t n, int64_t k) {
  const int64_t a_stride = (kA == TileA::row_major ? k : m) + 3, b_stride = n + kLanes, c_stride = n + 5;
  const auto a = integers((m + k) * a_stride, 1), b = integers(k * b_stride, 2);
  auto c = integers(m * c_stride, 3);
  std::vector<double> want(c.begin(), c.end());
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      double sum = kC == TileC::add ? c[i * c_stride + j] : 0;
      for (int64_t p = 0; p < k; p++) sum += a[kA == TileA::row_major ? i * a_stride + p : p * a_stride + i] * b[p * b_stride + j];
      want[i * c_stride + j] = sum;
    }
  tile_gemm<kA, kC>(m, n, k, a.data(), a_stride, b.data(), b_stride, c.data(), c_stride);
  CHECK_CLOSE(c.data(), want.data(), static_cast<int64_t>(c.size()), 0, 0);
}

}  // namespace

TEST(products_of_all_remainders) {
  for (int64_t m = 1; m <= 2 * kTileRows + 1; m++)
    for (int64_t vectors = 1; vectors <= 2 * kTileVectors + 1; vectors++)
      for (int64_t k : {0, 1, 7, 32}) {
        check_gemm<TileA::row_major, TileC::set>(m, vectors * kLanes, k);
        check_gemm<TileA::row_major, TileC::add>(m, vectors * kLanes, k);
        check_gemm<TileA::column_major, TileC::set>(m, vectors * kLanes, k);
        check_gemm<TileA::column_major, TileC::add>(m, vectors * kLanes, k);
      }
}

TEST(transposed_and_padded) {
  for (int64_t rows : {1, 3, 4, 17, 64})
    for (int64_t width : {8, 16, 24, 40}) {
      const int64_t stride = width + 4, padded = whole_vectors(rows);
      const auto from = integers(rows * stride, 4);
      std::vector<float> to(width * padded, NAN), rows_out(rows * whole_vectors(width), NAN);
      pack_transposed(rows, width, from.data(), stride, to.data(), padded);
      pack_rows(rows, width, 2.0f, from.data(), stride, rows_out.data());
      std::vector<double> want(width * padded, 0.0), rows_want(rows_out.size(), 0.0);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < width; c++) {
          want[c * padded + r] = from[r * stride + c];
          rows_want[r * whole_vectors(width) + c] = 2.0 * from[r * stride + c];
        }
      CHECK_CLOSE(to.data(), want.data(), static_cast<int64_t>(to.size()), 0, 0);
      CHECK_CLOSE(rows_out.data(), rows_want.data(), static_cast<int64_t>(rows_out.size()), 0, 0);
    }
}

TEST(sums_of_rows_and_reductions) {
  const auto values = integers(kLanes * kLanes, 5);
  Vec v[kLanes];
  for (int i = 0; i < kLanes; i++) v[i] = load(values.data() + i * kLanes);
  for (int i = 0; i < kLanes; i++) {
    float sum = 0, top = -INFINITY;
    for (int j = 0; j < kLanes; j++) sum += v[i][j], top = std::max(top, v[i][j]);
    CHECK(reduce_add(v[i]) == sum);
    CHECK(reduce_max(v[i]) == top);
  }
  float want[kLanes];
  for (int i = 0; i < kLanes; i++) want[i] = reduce_add(v[i]);
  const Vec got = sum_rows(v);
  for (int i = 0; i < kLanes; i++) CHECK(got[i] == want[i]);
}
