// Tiles of bf16 in shared memory, and the fragments of mma.m16n8k16 that are read from them.
//
// A tile is rows of kWidth elements, kWidth 16, 32, 64 or 128, cut into chunks of 16 bytes. Chunk c of row r stands at place c ^ swizzle(r) of its
// row, so that the eight rows of a chunk that ldmatrix reads at once stand in all 32 banks of shared memory. Tiles begin at multiples of 128 bytes.
//
// Fragments begin at rows and columns that are multiples of 16 (accumulators at columns that are multiples of 8). A lane is g = lane / 4 and
// t = lane % 4; accumulators d of a 16×8 tile are elements (g, 2t), (g, 2t+1), (g+8, 2t), (g+8, 2t+1).
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
  static_assert(kStep % 8 == 0 && kRows % kStep == 0, "a thread's chunks stand one below the other");
  const int row = threadIdx.x / kChunks, chunk = threadIdx.x % kChunks;
  to = chunk_at<kWidth>(to, row, chunk);
  from += row * stride + chunk * 8;
  LS_UNROLL
  for (int i = 0; i < kRows; i += kStep, from += kStep * stride) copy_async_16(to + i * kWidth, from, row + i < valid);
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

// A lane's place in the fragment at (row, column) of a tile, its own row and chunk (0 or 1) inside the fragment given. The swizzle repeats every 8
// rows, and two neighbouring chunks differ in the lowest bit, so that a lane goes from fragment to fragment by a constant and an xor.
template <int kWidth>
LS_DEVICE bf16* place(bf16* tile, int row, int column, int lane_row, int lane_chunk) {
  return tile + row * kWidth + ((lane_row * kWidth + (lane_chunk ^ swizzle<kWidth>(lane_row)) * 8) ^ column);
}

// Accumulators of a 16×8 tile, rounded to bf16, into rows [row, row + 16) and columns [column, column + 8).
template <int kWidth>
LS_DEVICE void store(bf16* tile, int row, int column, const float (&d)[4]) {
  bf16* const to = place<kWidth>(tile, row, column, lane() / 4, 0) + lane() % 4 * 2;
  *reinterpret_cast<uint32_t*>(to) = pack_bf16(d[0], d[1]);
  *reinterpret_cast<uint32_t*>(to + 8 * kWidth) = pack_bf16(d[2], d[3]);
}

// The left operand, 16×16: rows [row, row + 16) and columns [column, column + 16) of the tile.
template <int kWidth>
LS_DEVICE void load_a(uint32_t (&a)[4], bf16* tile, int row, int column) {
  load_matrix_x4(a, place<kWidth>(tile, row, column, lane() % 16, lane() / 16));
}
// The same of the transposed tile: element (i, j) of the operand is element (row + j, column + i) of the tile.
template <int kWidth>
LS_DEVICE void load_a_transposed(uint32_t (&a)[4], bf16* tile, int row, int column) {
  load_matrix_x4_transposed(a, place<kWidth>(tile, row, column, lane() % 8 + lane() / 16 * 8, lane() / 8 % 2));
}

// Two right operands 16×8, b[0], b[1] and b[2], b[3], for A·Tᵀ: element (k, n) is element (row + n, column + k) of the tile, n < 8 in the first.
template <int kWidth>
LS_DEVICE void load_b(uint32_t (&b)[4], bf16* tile, int row, int column) {
  load_matrix_x4(b, place<kWidth>(tile, row, column, lane() % 8 + lane() / 16 * 8, lane() / 8 % 2));
}
// The same for A·T: element (k, n) is element (row + k, column + n) of the tile.
template <int kWidth>
LS_DEVICE void load_b_transposed(uint32_t (&b)[4], bf16* tile, int row, int column) {
  load_matrix_x4_transposed(b, place<kWidth>(tile, row, column, lane() % 16, lane() / 16));
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
