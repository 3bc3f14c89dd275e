// Rotary positions on a GPU: a thread turns the same vector of pairs in up to kHeads neighbouring heads, so cos and sin are read once for them.
#include "runtime/device.h"

#include "ops/rope/rope.h"
#include "runtime/vector_device.h"

namespace ls::LS_GPU {

namespace rope_kernels {

constexpr int kHeads = 4;

template <int kWide>
LS_KERNEL(kTileThreads, 3) turn(Rope<bf16> a, RowTiles tiles) {
  int64_t token;
  int vector;
  if (!find_vector(tiles, token, vector)) return;
  const int64_t half = a.head_dim / 2;
  const int first = blockIdx.y * kHeads, end = first + kHeads < a.heads ? first + kHeads : static_cast<int>(a.heads);
  bf16* x = a.x + token * a.stride + first * a.head_dim + vector * kWide;
  typename Stored<kWide>::Type low[kHeads] = {}, high[kHeads] = {};
  LS_UNROLL
  for (int h = 0; h < kHeads; h++) {  // everything is on its way before the first use
    if (first + h >= end) continue;
    low[h] = load_stored<kWide>(x + h * a.head_dim);
    high[h] = load_stored<kWide>(x + h * a.head_dim + half);
  }
  float cos[kWide], sin[kWide];
  const int64_t angle = a.position[token] * half + vector * kWide;
  load_vector(cos, a.cos + angle);
  load_vector(sin, a.sin + angle);
  if (a.inverse) {
    LS_UNROLL
    for (int i = 0; i < kWide; i++) sin[i] = -sin[i];
  }
  LS_UNROLL
  for (int h = 0; h < kHeads; h++) {
    if (first + h >= end) continue;
    float u[kWide], v[kWide], u_turned[kWide], v_turned[kWide];
    unpack(u, low[h]);
    unpack(v, high[h]);
    LS_UNROLL
    for (int i = 0; i < kWide; i++) {
      u_turned[i] = u[i] * cos[i] - v[i] * sin[i];
      v_turned[i] = v[i] * cos[i] + u[i] * sin[i];
    }
    store_vector(x + h * a.head_dim, u_turned);
    store_vector(x + h * a.head_dim + half, v_turned);
  }
}

template <int kWide>
void launch_turn(const Rope<bf16>& a) {
  const RowTiles tiles(a.tokens, a.head_dim / 2, kWide);
  dim3 grid = tiles.grid();
  grid.y = static_cast<unsigned>((a.heads + kHeads - 1) / kHeads);
  void (*kernel)(Rope<bf16>, RowTiles) = turn<kWide>;
  launch("rope", kernel, grid, tiles.block(), 0, a, tiles);
}

}  // namespace rope_kernels

void rope(const Rope<bf16>& a) {
  if (a.head_dim % (2 * kVector) == 0 && a.stride % kVector == 0 && aligned_16(a.x, a.cos, a.sin)) rope_kernels::launch_turn<kVector>(a);
  else rope_kernels::launch_turn<1>(a);
}

}  // namespace ls::LS_GPU
