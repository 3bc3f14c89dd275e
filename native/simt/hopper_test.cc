// Hopper's units: a pipeline of tensor copies and wgmma gives exact products (small integers, so that no rounding hides an error of layout), for each
// swizzle and each direction of the tiles; seeded faults of the asynchronous proxy are reported.
#include "runtime/device.h"
#include "simt/fault_check.h"
#include "testing/gpu_check.h"

namespace ls::LS_GPU {

enum class Fault { none, no_fence_of_init, producer_does_not_wait, freed_too_early, one_reader_arrives, no_wait_for_data };

// C (64·gridDim.y × 64·gridDim.x) = A · Bᵀ (or A · B if kTurnB), K in steps of 64: warpgroup 0 copies tiles in two stages, warpgroup 1 multiplies.
// kRegisters: A comes through ldmatrix.
template <bool kTurnB, bool kRegisters, Fault kFault = Fault::none>
LS_KERNEL(256, 1) product(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_b, float* c, int n, int k) {
  LS_SHARED(shared);
  constexpr int kStages = 2, kTile = 64 * 64;
  bf16* tiles_a = reinterpret_cast<bf16*>(shared);
  bf16* tiles_b = tiles_a + kStages * kTile;
  uint64_t* full = reinterpret_cast<uint64_t*>(tiles_b + kStages * kTile);
  uint64_t* empty = full + kStages;
  const int row = blockIdx.y * 64, column = blockIdx.x * 64, steps = k / 64;
  if (threadIdx.x == 0) {
    for (int i = 0; i < kStages; i++) {
      barrier_init(&full[i], 1);
      barrier_init(&empty[i], kRegisters && kFault != Fault::one_reader_arrives ? 128 : 1);
    }
    if (kFault != Fault::no_fence_of_init) barrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x < 128) {
    registers_give_back<40>();
    if (threadIdx.x > 0) return;
    for (int step = 0; step < steps; step++) {
      const int stage = step % kStages;
      if (kFault != Fault::producer_does_not_wait) barrier_wait(&empty[stage], step / kStages % 2 ^ 1);
      barrier_arrive_expecting(&full[stage], 2 * kTile * sizeof(bf16));
      tensor_load(tiles_a + stage * kTile, &map_a, row, step * 64, &full[stage]);
      if (kTurnB) tensor_load(tiles_b + stage * kTile, &map_b, step * 64, column, &full[stage]);
      else tensor_load(tiles_b + stage * kTile, &map_b, column, step * 64, &full[stage]);
    }
    return;
  }
  registers_take<232>();
  const int thread = threadIdx.x - 128, lane = thread % 32, warp = thread / 32;
  float d[32];
  for (int i = 0; i < 32; i++) d[i] = 0;
  for (int step = 0; step < steps; step++) {
    const int stage = step % kStages;
    bf16 *a = tiles_a + stage * kTile, *b = tiles_b + stage * kTile;
    if (kFault != Fault::no_wait_for_data) barrier_wait(&full[stage], step / kStages % 2);
    uint32_t fragments[4][4];
    if (kRegisters)
      for (int i = 0; i < 4; i++) {
        const int r = warp * 16 + lane % 16, chunk = i * 2 + lane / 16;
        load_matrix_x4(fragments[i], a + r * 64 + (chunk ^ r % 8) * 8);
      }
    wgmma_fence();
    for (int i = 0; i < 4; i++) {
      const uint64_t tile_b = kTurnB ? matrix_descriptor(b + i * 16 * 64, kTile * 2, 1024, Swizzle::bytes_128)
                                     : matrix_descriptor(b + i * 16, 16, 1024, Swizzle::bytes_128);
      if (kRegisters) wgmma<64, kTurnB>(d, fragments[i], tile_b, true);
      else wgmma<64, false, kTurnB>(d, matrix_descriptor(a + i * 16, 16, 1024, Swizzle::bytes_128), tile_b, true);
    }
    wgmma_commit();
    if (kFault != Fault::freed_too_early) wgmma_wait<0>();
    if (thread == 0 || (kRegisters && kFault != Fault::one_reader_arrives)) barrier_arrive(&empty[stage]);
  }
  wgmma_wait<0>();
  for (int j = 0; j < 8; j++)
    for (int q = 0; q < 4; q++) c[int64_t{row + warp * 16 + lane / 4 + q / 2 * 8} * n + column + j * 8 + lane % 4 * 2 + q % 2] = d[j * 4 + q];
}

// D (64×kN) = A (64×16) · B (16×kN), both written by threads where a plain reading of the descriptor's rules puts them.
template <int kN, bool kTurnA, bool kTurnB, bool kFence>
LS_KERNEL(128) written_tiles(const bf16* a, const bf16* b, float* c, Swizzle swizzle) {
  LS_SHARED(shared);
  const int width = swizzle == Swizzle::none ? 8 : 8 << static_cast<int>(swizzle);  // elements of a row of a piece
  const int piece = 8 * width;
  unsigned char *tile_a = shared, *tile_b = shared + 65536;
  // Pieces of 8 rows × width. Not turned: outer/8 pieces along outer, k within a piece or, unswizzled, two pieces of 8. Turned: rows are k.
  const auto place = [&](unsigned char* tile, bool turned, int outers, int outer, int k) {
    const int r = turned ? k : outer, along = turned ? outer : k, rows = turned ? 16 : outers;
    const int pieces = r / 8 + along / width * (rows / 8);
    const uint32_t offset = (pieces * piece + r % 8 * width + along % width) * 2;
    const uint32_t rule = swizzle == Swizzle::bytes_128 ? 7 : swizzle == Swizzle::bytes_64 ? 3 : swizzle == Swizzle::bytes_32 ? 1 : 0;
    return reinterpret_cast<bf16*>(tile + (offset ^ (offset / 128 & rule) * 16));
  };
  for (int i = threadIdx.x; i < 64 * 16; i += 128) *place(tile_a, kTurnA, 64, i / 16, i % 16) = a[i];
  for (int i = threadIdx.x; i < 16 * kN; i += 128) *place(tile_b, kTurnB, kN, i % kN, i / kN) = b[i];
  if (kFence) fence_async_proxy();
  __syncthreads();
  const auto descriptor = [&](unsigned char* tile, bool turned, int outers) {
    const int next_rows = piece * 2, next_width = (turned ? 16 : outers) / 8 * piece * 2;  // bytes to the next 8 rows, and to the next width
    const bool leading_is_width = swizzle != Swizzle::none ? true : !turned;
    // Unswizzled and turned: stride goes along the row, leading to the next 8 values of k.
    return leading_is_width ? matrix_descriptor(tile, next_width, next_rows, swizzle) : matrix_descriptor(tile, next_rows, next_width, swizzle);
  };
  float d[kN / 2];
  for (int i = 0; i < kN / 2; i++) d[i] = 1e9f;
  wgmma_fence();
  wgmma<kN, kTurnA, kTurnB>(d, descriptor(tile_a, kTurnA, 64), descriptor(tile_b, kTurnB, kN), false);
  wgmma_commit();
  wgmma_wait<0>();
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int i = 0; i < kN / 2; i++) c[(warp * 16 + lane / 4 + i % 4 / 2 * 8) * kN + i / 4 * 8 + lane % 4 * 2 + i % 2] = d[i];
}

// Copies a box and writes it out in the order it lies in shared memory.
LS_KERNEL(32) box(const __grid_constant__ TensorMap map, bf16* out, int row, int column, int elements) {
  LS_SHARED(shared);
  uint64_t* barrier = reinterpret_cast<uint64_t*>(shared + 16384);
  if (threadIdx.x == 0) {
    barrier_init(barrier, 1);
    barrier_init_fence();
  }
  __syncwarp();
  if (threadIdx.x == 0) {
    barrier_arrive_expecting(barrier, elements * 2);
    tensor_load(shared, &map, row, column, barrier);
  }
  barrier_wait(barrier, 0);
  for (int i = threadIdx.x; i < elements; i += 32) out[i] = reinterpret_cast<bf16*>(shared)[i];
}

// total += 1 + in, through a bulk load and a bulk reduction.
template <bool kFence, bool kWait>
LS_KERNEL(64) bulk(const float* in, float* total) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  uint64_t* barrier = reinterpret_cast<uint64_t*>(shared + 1024);
  if (threadIdx.x == 0) {
    barrier_init(barrier, 1);
    barrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    barrier_arrive_expecting(barrier, 256);
    bulk_load(tile, in + blockIdx.x * 64, 256, barrier);
  }
  barrier_wait(barrier, 0);
  tile[threadIdx.x] += 1;
  if (kFence) fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    bulk_reduce_add(total, tile, 256);
    bulk_commit();
    if (kWait) bulk_wait_read<0>();
  }
  __syncthreads();
  tile[threadIdx.x] = 0;
  if (threadIdx.x == 0 && !kWait) bulk_wait_read<0>();
}

}  // namespace ls::LS_GPU

namespace {

using namespace ls;
using namespace ls::testing;
using gpu::Fault;
using gpu::Swizzle;

std::vector<bf16> integers(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<bf16> out(count);
  for (bf16& x : out) x = to_bf16(static_cast<float>(static_cast<int>(random() % 9) - 4));
  return out;
}

template <bool kTurnB, bool kRegisters, Fault kFault = Fault::none>
bool multiply(int m, int n, int k) {
  const std::vector<bf16> a = integers(m * k, 1), b = integers(n * k, 2);
  OnDevice<bf16> da(a), db(b);
  OnDevice<float> dc(m * n);
  const auto map_a = gpu::tensor_map(da, m, k, k, 64, 64, Swizzle::bytes_128);
  const auto map_b = kTurnB ? gpu::tensor_map(db, k, n, n, 64, 64, Swizzle::bytes_128) : gpu::tensor_map(db, n, k, k, 64, 64, Swizzle::bytes_128);
  gpu::launch("product", gpu::product<kTurnB, kRegisters, kFault>, dim3(n / 64, m / 64), dim3(256), 4 * 8192 + 32, map_a, map_b, dc.get(), n, k);
  const std::vector<float> c = dc.read();
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float want = 0;
      for (int l = 0; l < k; l++) want += to_float(a[i * k + l]) * to_float(kTurnB ? b[l * n + j] : b[j * k + l]);
      if (c[i * n + j] != want) return false;
    }
  return true;
}

TEST(pipelines_give_exact_products) {
  for_each_schedule([] {
    CHECK((multiply<false, false>(64, 64, 256)));
    CHECK((multiply<true, false>(64, 128, 192)));
    CHECK((multiply<false, true>(128, 64, 192)));
    CHECK((multiply<true, true>(64, 64, 256)));
  });
}

template <Fault kFault>
void check_pipeline(const char* words) {
  for_each_schedule([&] {
    if (!::simt::detects_races()) return;
    CHECK_HAS(found([] { multiply<false, true, kFault>(64, 64, 384); }), words);
  });
}

TEST(faults_of_a_pipeline) {
  check_pipeline<Fault::no_fence_of_init>("without fence.proxy.async");
  check_pipeline<Fault::producer_does_not_wait>("product: ");  // a race, or a barrier that counts wrong
  check_pipeline<Fault::freed_too_early>("race on shared memory");
  check_pipeline<Fault::one_reader_arrives>("race on shared memory");
  check_pipeline<Fault::no_wait_for_data>("shared memory");
}

template <int kN, bool kTurnA, bool kTurnB, bool kFence = true>
void check_written(Swizzle swizzle) {
  const std::vector<bf16> a = integers(64 * 16, 3), b = integers(16 * kN, 4);
  OnDevice<bf16> da(a), db(b);
  OnDevice<float> dc(64 * kN);
  gpu::launch("tiles", gpu::written_tiles<kN, kTurnA, kTurnB, kFence>, dim3(1), dim3(128), 65536 + 16384, da.get(), db.get(), dc.get(), swizzle);
  const std::vector<float> c = dc.read();
  int wrong = 0;
  for (int i = 0; i < 64; i++)
    for (int j = 0; j < kN; j++) {
      float want = 0;
      for (int k = 0; k < 16; k++) want += to_float(a[i * 16 + k]) * to_float(b[k * kN + j]);
      wrong += c[i * kN + j] != want;
    }
  CHECK(wrong == 0);
}

TEST(descriptors_of_every_swizzle) {
  for (const Swizzle swizzle : {Swizzle::none, Swizzle::bytes_32, Swizzle::bytes_64, Swizzle::bytes_128}) {
    check_written<64, false, false>(swizzle);
    check_written<64, true, false>(swizzle);
    check_written<128, false, true>(swizzle);
    check_written<256, true, true>(swizzle);
  }
}

TEST(written_tiles_need_a_fence) {
  for_each_schedule([] {
    if (!::simt::detects_races()) return;
    CHECK_HAS(found([] { check_written<64, false, false, false>(Swizzle::bytes_128); }), "without fence.proxy.async");
  });
}

// The table of the CUDA manual: in a row of 128 bytes, 16-byte column j of row i lies at j ^ (i mod 8); 64 bytes: at j ^ (i / 2 mod 4);
// 32 bytes: at j ^ (i / 4 mod 2).
TEST(boxes) {
  const int rows = 20, columns = 72;
  std::vector<bf16> values(rows * columns);
  for (int i = 0; i < rows * columns; i++) values[i].bits = static_cast<uint16_t>(i + 1);
  OnDevice<bf16> from(values);
  for (const Swizzle swizzle : {Swizzle::none, Swizzle::bytes_32, Swizzle::bytes_64, Swizzle::bytes_128}) {
    const int width = swizzle == Swizzle::none ? 64 : 8 << static_cast<int>(swizzle), box_rows = 16, row = 8, column = 16;  // sticks out below
    const auto map = gpu::tensor_map(from, rows, columns, columns, box_rows, width, swizzle);
    for_each_schedule([&] {
      OnDevice<bf16> out(box_rows * width);
      gpu::launch("box", gpu::box, dim3(1), dim3(32), 16384 + 8, map, out.get(), row, column, box_rows * width);
      const std::vector<bf16> got = out.read();
      for (int i = 0; i < box_rows; i++)
        for (int j = 0; j < width; j++) {
          const int turn = swizzle == Swizzle::bytes_128  ? i % 8
                           : swizzle == Swizzle::bytes_64 ? i / 2 % 4
                           : swizzle == Swizzle::bytes_32 ? i / 4 % 2
                                                          : 0;
          const bool inside = row + i < rows && column + j < columns;
          const int want = inside ? (row + i) * columns + column + j + 1 : 0;
          CHECK(got[i * width + (j / 8 ^ turn) * 8 + j % 8].bits == want);
        }
    });
  }
}

TEST(bulk_load_and_reduction) {
  const std::vector<float> in = normal(3 * 64, 5);
  for_each_schedule([&] {
    OnDevice<float> from(in), total(64, 0.0f);
    gpu::launch("bulk", gpu::bulk<true, true>, dim3(3), dim3(64), 1032, from.get(), total.get());
    std::vector<double> want(64, 3.0);
    for (int i = 0; i < 3 * 64; i++) want[i % 64] += in[i];
    CHECK_CLOSE(total.read().data(), want.data(), 64, 1e-6, 1e-6);
    if (!::simt::detects_races()) return;
    const auto report = [&](auto kernel) { return found([&] { gpu::launch("bulk", kernel, dim3(1), dim3(64), 1032, from.get(), total.get()); }); };
    CHECK_HAS(report(gpu::bulk<false, true>), "without fence.proxy.async");
    CHECK_HAS(report(gpu::bulk<true, false>), "race on shared memory");
  });
}

TEST(bad_maps_are_refused) {
  OnDevice<bf16> memory(64 * 64);
  const auto refused = [&](int64_t stride, int box_columns, Swizzle swizzle) {
    return found([&] { gpu::tensor_map(memory, 64, 64, stride, 8, box_columns, swizzle); }) != "";
  };
  CHECK(!refused(64, 64, Swizzle::bytes_128));
  CHECK(refused(63, 64, Swizzle::bytes_128));
  CHECK(refused(64, 32, Swizzle::bytes_128));
  CHECK(refused(64, 512, Swizzle::none));
}

}  // namespace
