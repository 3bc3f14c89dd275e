// What a kernel sees of the emulated Hopper units (atoms_sm90.h has the words).
#pragma once

#include "simt/thread.h"

namespace simt {

enum class Swizzle { none, bytes_32, bytes_64, bytes_128 };

struct TensorMap {
  const void* base;  // of bf16
  int64_t rows, columns, row_bytes;
  int box_rows, box_columns;
  Swizzle swizzle;
};
int check_tensor_map(const TensorMap& map);  // 0 or a cudaError_t

void barrier_init(uint64_t* barrier, int arrivals, Location at);
void barrier_arrive(uint64_t* barrier, int expected_bytes, Location at);
bool barrier_passed(uint64_t* barrier, int parity, Location at);
void barrier_wait(uint64_t* barrier, int parity, Location at);
void fence_async_proxy();

void bulk_load(void* to, const void* from, int bytes, uint64_t* barrier, Location at);
void tensor_load(void* to, const TensorMap& map, int row, int column, uint64_t* barrier, Location at);
void bulk_reduce_add(float* to, const float* from, int bytes, Location at);
void bulk_commit();
void bulk_wait(int pending);

uint64_t matrix_descriptor(const void* tile, int leading, int stride, Swizzle swizzle, Location at);
void wgmma_fence(Location at);
void wgmma_commit(Location at);
void wgmma_wait(int pending, Location at);
struct Wgmma {
  float* d;
  int n;
  const uint32_t* a;  // registers, or null:
  uint64_t a_tile, b_tile;
  bool turn_a, turn_b, accumulate;
  Location at;
};
void wgmma(const Wgmma& product);

}  // namespace simt
