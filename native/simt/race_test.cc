// The race detector: each seeded fault is reported in every schedule, by its kind and its lines; the same kernels without the fault are not, in any.
#include "runtime/device.h"
#include "simt/fault_check.h"
#include "testing/gpu_check.h"

namespace ls::LS_GPU {

// Each kernel is right with kFault = false.
template <bool kFault>
LS_KERNEL(64) barrier_before_reading(float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  tile[threadIdx.x] = threadIdx.x;
  if (!kFault) __syncthreads();
  out[threadIdx.x] = tile[63 - threadIdx.x];
}

template <bool kFault>
LS_KERNEL(64) barrier_before_reuse(float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  float sum = 0;
  for (int round = 0; round < 2; round++) {
    tile[threadIdx.x] = threadIdx.x * round;
    __syncthreads();
    sum += tile[63 - threadIdx.x];
    if (!kFault) __syncthreads();
  }
  out[threadIdx.x] = sum;
}

template <bool kFault>
LS_KERNEL(32) warp_barrier(float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  tile[threadIdx.x] = threadIdx.x;
  if (!kFault) __syncwarp();
  else (void)__shfl_sync(kWholeWarp, 1.0f, 0);  // moves registers, orders nothing
  out[threadIdx.x] = tile[31 - threadIdx.x];
}

// A barrier of half the block does not order the other half.
template <bool kFault>
LS_KERNEL(64) warp_barrier_for_a_block(float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  tile[threadIdx.x] = threadIdx.x;
  __syncwarp();
  if (!kFault) __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x ^ 32];
}

template <bool kFault>
LS_KERNEL(32) copy_is_waited_for(const float* in, float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  for (int stage = 0; stage < 2; stage++) {
    copy_async_16(tile + stage * 128 + threadIdx.x * 4, in + stage * 128 + threadIdx.x * 4, true);
    copy_async_commit();
  }
  if (kFault) copy_async_wait<2>();
  else copy_async_wait<1>();
  __syncwarp();
  out[threadIdx.x] = tile[127 - threadIdx.x];
  copy_async_wait<0>();
}

// Waiting shows a copy to the thread that made it alone.
template <bool kFault>
LS_KERNEL(32) copy_is_published(const float* in, float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  copy_async_16(tile + threadIdx.x * 4, in + threadIdx.x * 4, true);
  copy_async_commit();
  copy_async_wait<0>();
  if (!kFault) __syncwarp();
  out[threadIdx.x] = tile[127 - threadIdx.x];
}

template <bool kFault>
LS_KERNEL(32) copy_over_what_is_read(const float* in, float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  for (int i = threadIdx.x; i < 128; i += 32) tile[i] = i;
  __syncwarp();
  const float x = tile[127 - threadIdx.x];
  if (!kFault) __syncwarp();
  copy_async_16(tile + threadIdx.x * 4, in + threadIdx.x * 4, true);
  copy_async_commit();
  copy_async_wait<0>();
  out[threadIdx.x] = x;
}

template <bool kFault>
LS_KERNEL(32) all_is_written(float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  if (!kFault || threadIdx.x != 7) tile[threadIdx.x] = threadIdx.x;
  __syncwarp();
  out[threadIdx.x] = tile[31 - threadIdx.x];
}

template <bool kFault>
LS_KERNEL(32) inside_of_shared_memory(float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  tile[threadIdx.x + (kFault ? 1 : 0)] = threadIdx.x;
  __syncwarp();
  out[threadIdx.x] = tile[31];
}

template <bool kFault>
LS_KERNEL(32) inside_of_device_memory(const float* in, float* out) {
  out[threadIdx.x] = in[threadIdx.x + (kFault ? 1 : 0)];
}

template <bool kFault>
LS_KERNEL(32) blocks_write_apart(float* out) {
  out[kFault ? threadIdx.x : blockIdx.x * 32 + threadIdx.x] = blockIdx.x;
}

template <bool kFault>
LS_KERNEL(32) blocks_add_by_atomics(float* out) {
  if (kFault) out[threadIdx.x] += 1.0f;
  else atomicAdd(&out[threadIdx.x], 1.0f);
}

// Bytes of one word, written by different blocks, are apart.
template <bool kFault>
LS_KERNEL(32) blocks_read_their_own(bf16* out) {
  const int i = threadIdx.x * gridDim.x + blockIdx.x;
  out[i].bits = 1;
  if (kFault && blockIdx.x == 0) out[i].bits = out[i + 1].bits;
}

template <bool kFault>
LS_KERNEL(64) device_memory_behind_a_barrier(float* out) {
  out[threadIdx.x] = threadIdx.x;
  if (!kFault) __syncthreads();
  const float other = out[63 - threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = other;
}

template <bool kFault>
LS_KERNEL(64) shared_atomics(int* out) {
  LS_SHARED(shared);
  int* count = reinterpret_cast<int*>(shared);
  if (threadIdx.x == 0) *count = 0;
  __syncthreads();
  atomicAdd(count, 1);
  if (!kFault) __syncthreads();
  out[threadIdx.x] = *count;
}

template <bool kFault>
LS_KERNEL(32) fragments(const bf16* in, float* out) {
  LS_SHARED(shared);
  bf16* tile = reinterpret_cast<bf16*>(shared);
  const int lane = threadIdx.x;
  for (int i = 0; i < 8; i++) tile[lane * 8 + i] = in[lane * 8 + i];
  if (!kFault) __syncwarp();
  uint32_t a[4];
  load_matrix_x4(a, tile + lane % 16 * 16 + lane / 16 * 8);
  float d[4] = {0, 0, 0, 0};
  mma_16816(d, a, a[0], a[1]);
  out[lane] = d[0];
}

// Warps hand a tile on by named barriers: 1 says it is full, 2 that it is free again.
template <bool kFault>
LS_KERNEL(64) named_barriers(float* out) {
  LS_SHARED(shared);
  float* tile = reinterpret_cast<float*>(shared);
  const int lane = threadIdx.x % 32;
  for (int round = 0; round < 3; round++) {
    if (threadIdx.x < 32) {
      if (round > 0 && !kFault) named_barrier_sync(2, 64);
      tile[lane] = lane + round;
      named_barrier_arrive(1, 64);
    } else {
      named_barrier_sync(1, 64);
      out[lane] = tile[31 - lane];
      if (round < 2 && !kFault) named_barrier_arrive(2, 64);
    }
  }
}

}  // namespace ls::LS_GPU

namespace {

using namespace ls;
using namespace ls::testing;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAsan = true;
#else
constexpr bool kAsan = false;
#endif

// good() must be silent under twenty seeds and in every schedule, bad() must be reported in words that contain all of `words`.
template <class Good, class Bad>
void check(const Good& good, const Bad& bad, std::initializer_list<const char*> words) {
  for (int seed = 1; seed <= 20; seed++)
    for (const auto schedule : {::simt::Schedule::random, ::simt::Schedule::skewed}) {
      ::simt::set_schedule(schedule, seed);
      CHECK(found(good) == "");
    }
  for_each_schedule([&] {
    CHECK(found(good) == "");
    if (!::simt::detects_races()) return;
    const std::string report = found(bad);
    for (const char* word : words) CHECK_HAS(report, word);
  });
}

#define CHECK_KERNEL(kernel, blocks, threads, shared, words, ...)                                                        \
  check([&] { gpu::launch(#kernel, gpu::kernel<false>, dim3(blocks), dim3(threads), shared, __VA_ARGS__); },             \
        [&] { gpu::launch(#kernel, gpu::kernel<true>, dim3(blocks), dim3(threads), shared, __VA_ARGS__); }, words)
#define WORDS(...) std::initializer_list<const char*>({__VA_ARGS__})

TEST(barriers_of_the_block) {
  OnDevice<float> out(64);
  CHECK_KERNEL(barrier_before_reading, 1, 64, 256, WORDS("race on shared memory", "write at race_test.cc:13", "read at race_test.cc:15"), out.get());
  CHECK_KERNEL(barrier_before_reuse, 1, 64, 256, WORDS("race on shared memory", "race_test.cc:24", "race_test.cc:26"), out.get());
  CHECK_KERNEL(warp_barrier_for_a_block, 1, 64, 256, WORDS("race on shared memory", "write at", "read at"), out.get());
  CHECK_KERNEL(named_barriers, 1, 64, 128, WORDS("race on shared memory"), out.get());
}

TEST(barriers_of_the_warp) {
  OnDevice<float> out(64);
  CHECK_KERNEL(warp_barrier, 1, 32, 128, WORDS("race on shared memory", "write at", "read at"), out.get());
  OnDevice<bf16> in(normal_bf16(256, 1));
  CHECK_KERNEL(fragments, 1, 32, 512, WORDS("race on shared memory", "write at"), in.get(), out.get());
}

TEST(asynchronous_copies) {
  OnDevice<float> in(normal(256, 1)), out(64);
  CHECK_KERNEL(copy_is_waited_for, 1, 32, 1024, WORDS("is under way: a wait is missing"), in.get(), out.get());
  CHECK_KERNEL(copy_is_published, 1, 32, 512, WORDS("race on shared memory", "read at"), in.get(), out.get());
  CHECK_KERNEL(copy_over_what_is_read, 1, 32, 512, WORDS("race on shared memory", "read at", "asynchronous copy at"), in.get(), out.get());
}

TEST(unwritten_shared_memory) {
  OnDevice<float> out(64);
  CHECK_KERNEL(all_is_written, 1, 32, 128, WORDS("shared memory +28", "nobody wrote it"), out.get());
}

TEST(bounds) {
  OnDevice<float> in(normal(32, 1)), out(32);
  if (kAsan) return;  // kernels with these faults end the process: faults_test
  CHECK_KERNEL(inside_of_shared_memory, 1, 32, 128, WORDS("outside of shared memory +128, which has 128 bytes"), out.get());
  CHECK_KERNEL(inside_of_device_memory, 1, 32, 0, WORDS("outside of device memory +128 of 128 bytes"), in.get(), out.get());
}

TEST(device_memory) {
  OnDevice<float> out(128, 0.0f);
  OnDevice<bf16> small(std::vector<bf16>(128));
  CHECK_KERNEL(blocks_write_apart, 4, 32, 0, WORDS("race on device memory", "write at", "of the same launch"), out.get());
  CHECK_KERNEL(blocks_add_by_atomics, 4, 32, 0, WORDS("race on device memory", "of the same launch"), out.get());
  CHECK_KERNEL(blocks_read_their_own, 4, 32, 0, WORDS("race on device memory", "read at", "of the same launch"), small.get());
  CHECK_KERNEL(device_memory_behind_a_barrier, 1, 64, 0, WORDS("race on device memory", "write at", "read at", "nothing orders them"), out.get());
}

TEST(atomics_in_shared_memory) {
  OnDevice<int> out(64);
  CHECK_KERNEL(shared_atomics, 1, 64, 4, WORDS("race on shared memory", "atomic at", "read at"), out.get());
}

}  // namespace
