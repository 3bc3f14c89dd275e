// Vectors of 16 bytes in device memory, and rows cut into them: a thread takes one vector of one row.
//
// Kernels have a parameter kWide, the elements a thread takes at a time: kVector where width, strides and pointers allow 16-byte accesses, else 1. The
// engine's own shapes are all of the first kind.
#pragma once

#include "runtime/device.h"

namespace ls::LS_GPU {

constexpr int kVector = 8;  // bf16 in 16 bytes

template <class... Pointers>
LS_HOST_DEVICE inline bool aligned_16(const Pointers*... pointer) {
  return ((reinterpret_cast<uintptr_t>(pointer) | ... | 0) & 15) == 0;
}

// --- one vector --------------------------------------------------------------------------------------------------------------------------------------

// bf16 as they are stored.
template <int kWide> struct Stored;
template <> struct Stored<1> { using Type = bf16; };
template <> struct Stored<kVector> { using Type = uint4; };

template <int kWide>
LS_DEVICE typename Stored<kWide>::Type load_stored(const bf16* from) { return *reinterpret_cast<const typename Stored<kWide>::Type*>(from); }
template <int kWide>
LS_DEVICE void store_stored(bf16* to, typename Stored<kWide>::Type value) { *reinterpret_cast<typename Stored<kWide>::Type*>(to) = value; }

LS_DEVICE void unpack(float (&x)[1], bf16 stored) { x[0] = to_float(stored); }
LS_DEVICE void unpack(float (&x)[kVector], uint4 stored) {
  x[0] = low_bf16(stored.x), x[1] = high_bf16(stored.x), x[2] = low_bf16(stored.y), x[3] = high_bf16(stored.y);
  x[4] = low_bf16(stored.z), x[5] = high_bf16(stored.z), x[6] = low_bf16(stored.w), x[7] = high_bf16(stored.w);
}
LS_DEVICE bf16 pack(const float (&x)[1]) { return to_bf16(x[0]); }
LS_DEVICE uint4 pack(const float (&x)[kVector]) {
  return make_uint4(pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3]), pack_bf16(x[4], x[5]), pack_bf16(x[6], x[7]));
}

template <int kWide>
LS_DEVICE void load_vector(float (&x)[kWide], const bf16* from) { unpack(x, load_stored<kWide>(from)); }
template <int kWide>
LS_DEVICE void store_vector(bf16* to, const float (&x)[kWide]) { store_stored<kWide>(to, pack(x)); }

LS_DEVICE void load_vector(float (&x)[1], const float* from) { x[0] = *from; }
LS_DEVICE void store_vector(float* to, const float (&x)[1]) { *to = x[0]; }
LS_DEVICE void load_vector(float (&x)[kVector], const float* from) {
  const float4 low = *reinterpret_cast<const float4*>(from), high = *reinterpret_cast<const float4*>(from + 4);
  x[0] = low.x, x[1] = low.y, x[2] = low.z, x[3] = low.w, x[4] = high.x, x[5] = high.y, x[6] = high.z, x[7] = high.w;
}
LS_DEVICE void store_vector(float* to, const float (&x)[kVector]) {
  *reinterpret_cast<float4*>(to) = make_float4(x[0], x[1], x[2], x[3]);
  *reinterpret_cast<float4*>(to + 4) = make_float4(x[4], x[5], x[6], x[7]);
}

// --- rows of vectors ---------------------------------------------------------------------------------------------------------------------------------

// Rows of `width` elements over blocks of at most kTileThreads threads: several short rows in a block, several blocks to a long row.
constexpr int kTileThreads = 256;

struct RowTiles {
  int64_t rows;
  unsigned vectors;        // in a row
  unsigned blocks_of_row;
  unsigned piece;          // vectors of a row in one block
  unsigned rows_of_block;  // 1 if blocks_of_row > 1

  RowTiles(int64_t rows, int64_t width, int wide) : rows(rows), vectors(static_cast<unsigned>(width / wide)) {
    blocks_of_row = (vectors + kTileThreads - 1) / kTileThreads;
    piece = blocks_of_row ? (vectors + blocks_of_row - 1) / blocks_of_row : 0;
    rows_of_block = piece ? kTileThreads / piece : 1;
    if (blocks_of_row > 1 || rows_of_block == 0) rows_of_block = 1;
  }
  dim3 grid() const { return dim3(static_cast<unsigned>((rows + rows_of_block - 1) / rows_of_block * blocks_of_row)); }
  dim3 block() const { return dim3((piece * rows_of_block + 31) / 32 * 32); }
};

// The row and the vector of the calling thread; false if it has none.
LS_DEVICE bool find_vector(const RowTiles& tiles, int64_t& row, int& vector) {
  const unsigned block_row = blockIdx.x / tiles.blocks_of_row, in_block = threadIdx.x / tiles.piece;
  row = static_cast<int64_t>(block_row) * tiles.rows_of_block + in_block;
  vector = static_cast<int>(blockIdx.x % tiles.blocks_of_row * tiles.piece + threadIdx.x % tiles.piece);
  return in_block < tiles.rows_of_block && row < tiles.rows && vector < static_cast<int>(tiles.vectors);
}

}  // namespace ls::LS_GPU
