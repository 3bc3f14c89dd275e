// Matrix products of tiles that lie in cache, for kernels that fuse a product with something else (attention). Whole matrices go to the library.
//
//   C (m × n) = or += A (m × k) · B (k × n)
//
// A register block of kTileRows × kTileVectors vectors of C is held over the whole of k; each step loads kTileVectors vectors of B and multiplies
// them by kTileRows numbers of A. The block is the largest that leaves registers for B and for the broadcast: (6 + 1)·4 + 1 of 32 with AVX-512,
// (6 + 1)·2 + 1 of 16 otherwise.
#pragma once

#include "runtime/vec.h"

namespace ls::LS_ISA {

constexpr int kTileRows = 6;
constexpr int kTileVectors = kLanes == 16 ? 4 : 2;

// How A lies in memory: element (i, p) at a[i · a_stride + p], or at a[p · a_stride + i].
enum class TileA { row_major, column_major };
enum class TileC { set, add };

// n rounded up to whole vectors: how wide rows of B and C must be.
constexpr int64_t whole_vectors(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

template <int kRows, int kVectors, TileA kA, TileC kC>
__attribute__((always_inline)) inline void tile_block(int64_t k, const float* a, int64_t a_stride, const float* b, int64_t b_stride, float* c,
                                                      int64_t c_stride) {
  Vec sum[kRows][kVectors];
  for (int i = 0; i < kRows; i++)
    for (int j = 0; j < kVectors; j++) sum[i][j] = kC == TileC::add ? load(c + i * c_stride + j * kLanes) : Vec{};
  for (int64_t p = 0; p < k; p++) {
    Vec row[kVectors];
    for (int j = 0; j < kVectors; j++) row[j] = load(b + p * b_stride + j * kLanes);
    for (int i = 0; i < kRows; i++) {
      const float x = kA == TileA::row_major ? a[i * a_stride + p] : a[p * a_stride + i];
      for (int j = 0; j < kVectors; j++) sum[i][j] += x * row[j];
    }
  }
  for (int i = 0; i < kRows; i++)
    for (int j = 0; j < kVectors; j++) store(c + i * c_stride + j * kLanes, sum[i][j]);
}

template <int kVectors, TileA kA, TileC kC>
inline void tile_columns(int64_t m, int64_t k, const float* a, int64_t a_stride, const float* b, int64_t b_stride, float* c, int64_t c_stride) {
  const int64_t a_step = kA == TileA::row_major ? a_stride : 1;
  int64_t i = 0;
  for (; i + kTileRows <= m; i += kTileRows)
    tile_block<kTileRows, kVectors, kA, kC>(k, a + i * a_step, a_stride, b, b_stride, c + i * c_stride, c_stride);
  a += i * a_step;
  c += i * c_stride;
  static_assert(kTileRows == 6, "one case for each remainder");
  switch (m - i) {
    case 1: return tile_block<1, kVectors, kA, kC>(k, a, a_stride, b, b_stride, c, c_stride);
    case 2: return tile_block<2, kVectors, kA, kC>(k, a, a_stride, b, b_stride, c, c_stride);
    case 3: return tile_block<3, kVectors, kA, kC>(k, a, a_stride, b, b_stride, c, c_stride);
    case 4: return tile_block<4, kVectors, kA, kC>(k, a, a_stride, b, b_stride, c, c_stride);
    case 5: return tile_block<5, kVectors, kA, kC>(k, a, a_stride, b, b_stride, c, c_stride);
  }
}

// n counts whole vectors' worth of columns: a multiple of kLanes. Column blocks are the outer loop, so that a block of B stays in the L1 cache.
template <TileA kA, TileC kC>
inline void tile_gemm(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride, const float* b, int64_t b_stride, float* c,
                      int64_t c_stride) {
  int64_t j = 0;
  for (; j + kTileVectors * kLanes <= n; j += kTileVectors * kLanes)
    tile_columns<kTileVectors, kA, kC>(m, k, a, a_stride, b + j, b_stride, c + j, c_stride);
  switch ((n - j) / kLanes) {
    case 1: return tile_columns<1, kA, kC>(m, k, a, a_stride, b + j, b_stride, c + j, c_stride);
    case 2: return tile_columns<2, kA, kC>(m, k, a, a_stride, b + j, b_stride, c + j, c_stride);
    case 3: return tile_columns<3, kA, kC>(m, k, a, a_stride, b + j, b_stride, c + j, c_stride);
  }
}

// Lanes of a and b for one step of a transpose: rows i and i + kDistance exchange their off-diagonal blocks.
template <int kDistance>
struct UpperRow { static constexpr int at(int lane) { return lane & kDistance ? kLanes + (lane ^ kDistance) : lane; } };
template <int kDistance>
struct LowerRow { static constexpr int at(int lane) { return lane & kDistance ? kLanes + lane : lane ^ kDistance; } };

// kLanes × kLanes in place.
template <int kDistance = kLanes / 2>
inline void transpose(Vec* v) {
  for (int i = 0; i < kLanes; i++)
    if (!(i & kDistance)) {
      const Vec a = v[i], b = v[i + kDistance];
      v[i] = shuffle<UpperRow<kDistance>>(a, b);
      v[i + kDistance] = shuffle<LowerRow<kDistance>>(a, b);
    }
  if constexpr (kDistance > 1) transpose<kDistance / 2>(v);
}

// Lane i of the result is the sum of the lanes of v[i]; v is used up.
template <int kDistance = kLanes / 2>
inline Vec sum_rows(Vec* v) {
  for (int i = 0; i < kDistance; i++) {
    const Vec a = v[i], b = v[i + kDistance];
    v[i] = shuffle<UpperRow<kDistance>>(a, b) + shuffle<LowerRow<kDistance>>(a, b);
  }
  if constexpr (kDistance > 1) return sum_rows<kDistance / 2>(v);
  else return v[0];
}

// A vector out of a row with `left` floats to go, a multiple of 8: where a vector is wider than that, the lanes after them are 0.
inline Vec load_row(const float* p, int64_t left) { return left >= kLanes ? load(p) : load_n(p, kLanes / 2); }

// to (width, to_stride) = the transpose of from (rows, width); columns from `rows` to whole_vectors(rows) become 0.
inline void pack_transposed(int64_t rows, int64_t width, const float* from, int64_t from_stride, float* to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; r += kLanes)
    for (int64_t c = 0; c < width; c += kLanes) {
      Vec v[kLanes];
      for (int i = 0; i < kLanes; i++) v[i] = r + i < rows ? load_row(from + (r + i) * from_stride + c, width - c) : Vec{};
      transpose(v);
      for (int i = 0; i < kLanes && c + i < width; i++) store(to + (c + i) * to_stride + r, v[i]);
    }
}

// to (rows, whole_vectors(width)) = factor · from (rows, width), dense; the columns after width become 0.
inline void pack_rows(int64_t rows, int64_t width, float factor, const float* from, int64_t from_stride, float* to) {
  for (int64_t r = 0; r < rows; r++, to += whole_vectors(width))
    for (int64_t c = 0; c < width; c += kLanes) store(to + c, factor * load_row(from + r * from_stride + c, width - c));
}

}  // namespace ls::LS_ISA
