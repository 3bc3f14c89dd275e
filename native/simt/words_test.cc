// CUDA's words: collectives with whole and partial masks, votes, reductions, block votes, atomics, numbers, indices.
#include "simt/fault_check.h"
#include "runtime/device.h"

namespace ls::LS_GPU {

LS_KERNEL(32) shuffles(int* out) {
  const int lane = threadIdx.x;
  int* mine = out + lane * 8;
  mine[0] = __shfl_sync(kWholeWarp, lane, 5);
  mine[1] = __shfl_sync(kWholeWarp, lane, lane + 1, 8);  // within eights, turning over
  mine[2] = __shfl_xor_sync(kWholeWarp, lane, 3);
  mine[3] = __shfl_down_sync(kWholeWarp, lane, 4);
  mine[4] = __shfl_up_sync(kWholeWarp, lane, 4, 16);
  mine[5] = static_cast<int>(__shfl_xor_sync(kWholeWarp, 1.5 * lane, 16) * 2);  // eight bytes
  mine[6] = __shfl_xor_sync(kWholeWarp, lane, 16, 8);                           // a later segment is out of reach, an earlier one is not
  mine[7] = -1;
}

// Each quarter of a warp by itself, in code that the others do not run at the time.
LS_KERNEL(32) partial_masks(int* out) {
  const int lane = threadIdx.x, quarter = lane / 8;
  const unsigned mask = 0xffu << quarter * 8;
  int sum = lane;
  if (quarter == 2) {
    for (int step = 4; step > 0; step /= 2) sum += __shfl_xor_sync(mask, sum, step);
    sum += 1000 * __popc(__ballot_sync(mask, lane % 3 == 0));
  } else {
    __syncwarp(mask);
    for (int step = 4; step > 0; step /= 2) sum += __shfl_xor_sync(mask, sum, step);
  }
  out[lane] = sum;
}

LS_KERNEL(32) votes(unsigned* out) {
  const int lane = threadIdx.x;
  unsigned* mine = out + lane * 8;
  mine[0] = __ballot_sync(kWholeWarp, lane % 5 == 0);
  mine[1] = __any_sync(kWholeWarp, lane == 17);
  mine[2] = __all_sync(kWholeWarp, lane < 32);
  mine[3] = __all_sync(kWholeWarp, lane < 31);
  mine[4] = __reduce_add_sync(kWholeWarp, static_cast<unsigned>(lane));
  mine[5] = __reduce_max_sync(kWholeWarp, static_cast<unsigned>(lane * 7 % 32));
  mine[6] = __reduce_min_sync(kWholeWarp, lane - 40) == -40;
  mine[7] = __reduce_or_sync(kWholeWarp, 1u << lane);
}

LS_KERNEL(96) block_votes(int* out) {
  int counts = 0;
  for (int round = 0; round < 5; round++) counts = counts * 100 + __syncthreads_count(static_cast<int>(threadIdx.x) < 10 * round);
  const int any = __syncthreads_or(threadIdx.x == 95), all = __syncthreads_and(threadIdx.x < 95);
  if (threadIdx.x == 50) out[0] = counts, out[1] = any, out[2] = all;
}

LS_KERNEL(64) atomics(int* ints, unsigned* unsigneds, float* floats, double* doubles, unsigned long long* longs) {
  const int i = threadIdx.x + blockIdx.x * 64;
  atomicAdd(&ints[0], i);
  atomicMax(&ints[1], i * 37 % 128);
  atomicMin(&ints[2], i * 37 % 128 - 5);
  atomicSub(&ints[3], 2);
  atomicOr(&unsigneds[0], 1u << i % 32);
  atomicAnd(&unsigneds[1], ~(1u << i % 16));
  atomicXor(&unsigneds[2], 3u);
  atomicInc(&unsigneds[3], 99);
  atomicAdd(&floats[0], 0.5f);
  reduce_add(&floats[1], 0.25f);
  atomicAdd(&doubles[0], 1.0);
  atomicAdd(&longs[0], 1ull << 33);
  int seen = atomicExch(&ints[4], i);
  while (atomicCAS(&ints[5], 0, 1) != 0) {}  // a lock
  longs[1] = static_cast<unsigned long long>(seen);  // in turn
  atomicExch(&ints[5], 0);
}

LS_KERNEL(128) indices(int* out) {
  const int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}

// The sum of a thousand small numbers in an order that only the schedule decides.
LS_KERNEL(128) sum_in_any_order(const float* in, float* out) { atomicAdd(out, in[blockIdx.x * 128 + threadIdx.x]); }

}  // namespace ls::LS_GPU

namespace {

using namespace ls;
using namespace ls::testing;

TEST(shuffles) {
  for_each_schedule([] {
    OnDevice<int> out(256);
    gpu::launch("shuffles", gpu::shuffles, dim3(1), dim3(32), 0, out.get());
    const std::vector<int> got = out.read();
    for (int lane = 0; lane < 32; lane++) {
      const int* mine = &got[lane * 8];
      CHECK(mine[0] == 5);
      CHECK(mine[1] == lane / 8 * 8 + (lane + 1) % 8);
      CHECK(mine[2] == (lane ^ 3));
      CHECK(mine[3] == (lane < 28 ? lane + 4 : lane));
      CHECK(mine[4] == (lane % 16 >= 4 ? lane - 4 : lane));
      CHECK(mine[5] == 3 * (lane ^ 16));
      CHECK(mine[6] == (lane < 16 ? lane : lane - 16));
    }
  });
}

TEST(partial_masks) {
  for_each_schedule([] {
    OnDevice<int> out(32);
    gpu::launch("partial_masks", gpu::partial_masks, dim3(1), dim3(32), 0, out.get());
    const std::vector<int> got = out.read();
    for (int lane = 0; lane < 32; lane++) {
      const int first = lane / 8 * 8;
      CHECK(got[lane] == 8 * first + 28 + (lane / 8 == 2 ? 2000 : 0));  // of 16 to 23, two are multiples of 3
    }
  });
}

TEST(votes) {
  for_each_schedule([] {
    OnDevice<unsigned> out(256);
    gpu::launch("votes", gpu::votes, dim3(1), dim3(32), 0, out.get());
    const std::vector<unsigned> got = out.read();
    const unsigned want[8] = {0x42108421u, 1, 1, 0, 496, 31, 1, 0xffffffffu};
    for (int i = 0; i < 256; i++) CHECK(got[i] == want[i % 8]);
  });
}

TEST(block_votes) {
  for_each_schedule([] {
    OnDevice<int> out(3);
    gpu::launch("block_votes", gpu::block_votes, dim3(1), dim3(96), 0, out.get());
    CHECK(out.read() == std::vector<int>({10203040, 1, 0}));
  });
}

TEST(atomics) {
  int largest = 0, smallest = 1000;
  for (int i = 0; i < 64; i++) largest = std::max(largest, i * 37 % 128), smallest = std::min(smallest, i * 37 % 128 - 5);
  for_each_schedule([&] {
    OnDevice<int> ints(std::vector<int>{0, 0, 1000, 0, -7, 0});
    OnDevice<unsigned> unsigneds(std::vector<unsigned>{0, ~0u, 0, 0});
    OnDevice<float> floats(2, 0.0f);
    OnDevice<double> doubles(1, 0.0);
    OnDevice<unsigned long long> longs(2, 0ull);
    gpu::launch("atomics", gpu::atomics, dim3(1), dim3(64), 0, ints.get(), unsigneds.get(), floats.get(), doubles.get(), longs.get());
    const std::vector<int> i = ints.read();
    CHECK(i[0] == 63 * 32 && i[1] == largest && i[2] == smallest && i[3] == -128 && i[5] == 0);
    CHECK(unsigneds.read() == std::vector<unsigned>({~0u, 0xffff0000u, 0, 64}));
    CHECK(floats.read() == std::vector<float>({32.0f, 16.0f}));
    CHECK(doubles.read()[0] == 64.0 && longs.read()[0] == 64ull << 33);
  });
}

TEST(indices) {
  OnDevice<int> out(12 * 128);
  gpu::launch("indices", gpu::indices, dim3(3, 2, 2), dim3(8, 4, 4), 0, out.get());
  const std::vector<int> got = out.read();
  for (int i = 0; i < 12 * 128; i++) CHECK(got[i] == i / 128 * 1000 + i % 128);
}

// A kernel whose result depends on the order of its sums must show it to whoever compares schedules, or seeds.
TEST(order_of_sums_varies) {
  const std::vector<float> in = normal(1024, 1);
  OnDevice<float> from(in);
  const auto once = [&](::simt::Schedule schedule, int seed) {
    ::simt::set_schedule(schedule, seed);
    OnDevice<float> out(1, 0.0f);
    gpu::launch("sum", gpu::sum_in_any_order, dim3(8), dim3(128), 0, from.get(), out.get());
    return out.read()[0];
  };
  CHECK(once(::simt::Schedule::in_order, 1) == once(::simt::Schedule::in_order, 2));
  CHECK(once(::simt::Schedule::random, 7) == once(::simt::Schedule::random, 7));
  int different = 0;
  for (int seed = 1; seed <= 20; seed++) different += once(::simt::Schedule::random, seed) != once(::simt::Schedule::in_order, 1);
  CHECK(different >= 5);
}

}  // namespace
