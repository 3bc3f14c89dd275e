// Tiles of bf16 in shared memory, and the fragments of mma.m16n8k16 that are read from them.
//
// A tile is rows of kWidth elements, kWidth 16, 32, 64 or 128, cut into chunks of 16 bytes. Chunk c of row r stands at place c ^ swizzle(r) of its row, so
// that eight rows of one chunk, which ldmatrix reads at once, lie in eight different sixteenths of the 128 bytes that shared memory gives in a cycle.
// Tiles begin at multiples of 1024 bytes at best, of 128 at least.
//
// Rows and columns of a fragment begin at multiples of 16, so that the second chunk of a row of it is the first with the lowest bit set. A lane is g = lane / 4 and t = lane % 4; accumulators d of a 16×8 tile are elements (g, 2t),
// (g, 2t+1), (g+8, 2t), (g+8, 2t+1).
#pragma once

#include "runtime/device.h"

namespace ls::LS_GPU::tile {

LS_DEVICE int lane() { return threadIdx.x % 32; }
LS_DEVICE int warp() { return threadIdx.x / 32; }

template <int kWidth>
LS_DEVICE int swizzle(int row) {
  constexpr int kChunks = kWidth / 8;
  if constexpr (kChunks >= 8) return row & 7;
  else return row / (8 / kChunks) & (kChunks - 1);
}

template <int kWidth>
LS_DEVICE bf16* chunk_at(bf16* tile, int row, int chunk) {
  return tile + row * kWidth + (chunk ^ swizzle<kWidth>(row)) * 8;
}

// Rows [0, kRows) of `from` into a tile, asynchronously, by kThreads threads; rows from `valid` on become zeros. The caller commits.
template <int kWidth, int kRows, int kThreads>
LS_DEVICE void copy_in(bf16* to, const bf16* from, int64_t stride, int valid) {
  constexpr int kChunks = kWidth / 8, kStep = kThreads / kChunks;
  static_assert(kThreads % kChunks == 0 && kRows % kStep == 0, "every thread copies as many chunks");
  const int first = threadIdx.x / kChunks, chunk = threadIdx.x % kChunks;
  from += first * stride + chunk * 8;
  LS_UNROLL
  for (int i = 0; i < kRows; i += kStep) {
    const bool inside = first + i < valid;
    copy_async_16(chunk_at<kWidth>(to, first + i, chunk), inside ? from + i * stride : from, inside);
  }
}

// Rows [row, row + kRows) of a tile to the rows [0, kRows) of `to`, by one warp, 16 bytes a lane; only the first `valid` rows.
template <int kWidth, int kRows>
LS_DEVICE void copy_out(bf16* to, int64_t stride, bf16* tile, int row, int valid) {
  constexpr int kChunks = kWidth / 8;
  LS_UNROLL
  for (int i = lane(); i < kRows * kChunks; i += 32) {
    const int r = i / kChunks, chunk = i % kChunks;
    if (r < valid) *reinterpret_cast<uint4*>(to + r * stride + chunk * 8) = *reinterpret_cast<const uint4*>(chunk_at<kWidth>(tile, row + r, chunk));
  }
}

// Accumulators of a 16×8 tile, rounded to bf16, into rows [row, row + 16) and columns [column, column + 8).
template <int kWidth>
LS_DEVICE void store(bf16* tile, int row, int column, const float (&d)[4]) {
  const int r = row + lane() / 4, c = lane() % 4 * 2;
  *reinterpret_cast<uint32_t*>(chunk_at<kWidth>(tile, r, column / 8) + c) = pack_bf16(d[0], d[1]);
  *reinterpret_cast<uint32_t*>(chunk_at<kWidth>(tile, r + 8, column / 8) + c) = pack_bf16(d[2], d[3]);
}

// The left operand, 16×16: rows [row, row + 16) and columns [column, column + 16) of the tile.
template <int kWidth>
LS_DEVICE void load_a(uint32_t (&a)[4], bf16* tile, int row, int column) {
  load_matrix_x4(a, chunk_at<kWidth>(tile, row + lane() % 16, column / 8 ^ lane() / 16));
}
// The same of the transposed tile: element (i, j) of the operand is element (row + j, column + i) of the tile.
template <int kWidth>
LS_DEVICE void load_a_transposed(uint32_t (&a)[4], bf16* tile, int row, int column) {
  load_matrix_x4_transposed(a, chunk_at<kWidth>(tile, row + lane() % 8 + lane() / 16 * 8, column / 8 ^ lane() / 8 % 2));
}

// Two right operands 16×8, b[0], b[1] and b[2], b[3], for A·Tᵀ: element (k, n) is element (row + n, column + k) of the tile, n < 8 in the first.
template <int kWidth>
LS_DEVICE void load_b(uint32_t (&b)[4], bf16* tile, int row, int column) {
  load_matrix_x4(b, chunk_at<kWidth>(tile, row + lane() % 8 + lane() / 16 * 8, column / 8 ^ lane() / 8 % 2));
}
// The same for A·T: element (k, n) is element (row + k, column + n) of the tile.
template <int kWidth>
LS_DEVICE void load_b_transposed(uint32_t (&b)[4], bf16* tile, int row, int column) {
  load_matrix_x4_transposed(b, chunk_at<kWidth>(tile, row + lane() % 16, column / 8 ^ lane() / 16));
}

// Accumulators of two neighbouring 16×8 tiles as the left operand, 16×16, of a further product: the layouts agree, no lane needs another's.
LS_DEVICE void as_a(uint32_t (&a)[4], const float (&left)[4], const float (&right)[4]) {
  a[0] = pack_bf16(left[0], left[1]);
  a[1] = pack_bf16(left[2], left[3]);
  a[2] = pack_bf16(right[0], right[1]);
  a[3] = pack_bf16(right[2], right[3]);
}

// Over the four lanes that hold a row of accumulators.
LS_DEVICE float row_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(kWholeWarp, x, 1));
  return fmaxf(x, __shfl_xor_sync(kWholeWarp, x, 2));
}
LS_DEVICE float row_sum(float x) {
  x += __shfl_xor_sync(kWholeWarp, x, 1);
  return x + __shfl_xor_sync(kWholeWarp, x, 2);
}
LS_DEVICE int row_min(int x) {
  x = min(x, __shfl_xor_sync(kWholeWarp, x, 1));
  return min(x, __shfl_xor_sync(kWholeWarp, x, 2));
}

}  // namespace ls::LS_GPU::tile
