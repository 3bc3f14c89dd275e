// What goes wrong in a kernel comes back as a report with its place, in every build and every schedule; the next launch works.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "runtime/device.h"
#include "simt/fault_check.h"

namespace ls::LS_GPU {

enum class Fault {
  none, other_barriers, other_collectives, stray_lane, early_exit, odd_half, missing_lane, open_copy, crooked_copy, crooked_row, foreign_row,
  throws, spins, wrong_named_barrier, too_many_arrivals, no_such_barrier, endless_wait, uneven_warpgroup, no_fence, read_too_early, open_reduction,
};

LS_KERNEL(64) faulty(Fault fault, const float* in, float* out) {
  LS_SHARED(shared);
  out += blockIdx.x * 64;
  float* tile = reinterpret_cast<float*>(shared);
  uint64_t* barrier = reinterpret_cast<uint64_t*>(shared + 1024);
  const int thread = threadIdx.x, lane = thread % 32;
  tile[thread] = 1.0f;
  if (thread == 0) barrier_init(barrier, 1);
  __syncthreads();
  switch (fault) {
    case Fault::none: break;
    case Fault::other_barriers:
      if (thread < 32) __syncthreads();
      else __syncthreads();
      break;
    case Fault::other_collectives:
      if (lane < 16) __syncwarp();
      else (void)__ballot_sync(kWholeWarp, 1);
      break;
    case Fault::stray_lane: __syncwarp(0xffff); break;
    case Fault::early_exit:
      if (thread == 40) return;
      __syncthreads();
      break;
    case Fault::odd_half:
      if (thread < 32) __syncthreads();
      break;
    case Fault::missing_lane:
      if (lane != 3) __syncwarp();
      break;
    case Fault::open_copy:
      copy_async_16(tile + thread * 4, in + thread * 4, true);
      copy_async_commit();
      break;
    case Fault::crooked_copy: copy_async_16(tile + thread * 4, in + thread * 4 + 1, true); break;
    case Fault::crooked_row:
    case Fault::foreign_row: {
      uint32_t r[4];
      load_matrix_x4(r, fault == Fault::crooked_row ? tile + 1 : in);
      out[thread] = static_cast<float>(r[0]);
      break;
    }
    case Fault::throws:
      if (thread == 5) throw std::runtime_error("no kernel throws");
      break;
    case Fault::spins:
      if (thread == 0) while (atomicAdd(&out[0], 0.0f) >= 0.0f) {}
      break;
    case Fault::wrong_named_barrier: named_barrier_sync(3, thread < 32 ? 64 : 32); break;
    case Fault::too_many_arrivals: barrier_arrive_expecting(barrier, 64); break;
    case Fault::no_such_barrier: barrier_arrive(barrier + 1); break;
    case Fault::endless_wait: barrier_wait(barrier, 0); break;
    case Fault::uneven_warpgroup: wgmma_fence(); break;
    case Fault::open_reduction:
      fence_async_proxy();
      __syncthreads();
      if (thread == 0) {
        bulk_reduce_add(out, tile, 64);
        bulk_commit();
      }
      break;
    default: break;
  }
  out[thread] = 2.0f;
}

LS_KERNEL(128) faulty_products(Fault fault, float* out) {
  LS_SHARED(shared);
  for (int i = threadIdx.x; i < 4096; i += 128) reinterpret_cast<float*>(shared)[i] = 0;
  fence_async_proxy();
  __syncthreads();
  const uint64_t tile = matrix_descriptor(shared, 16, 1024, Swizzle::bytes_128);
  float d[32];
  for (int i = 0; i < 32; i++) d[i] = 1;
  if (fault != Fault::no_fence) wgmma_fence();
  wgmma<64>(d, tile, tile, true);
  wgmma_commit();
  if (fault != Fault::read_too_early) wgmma_wait<0>();
  float sum = 0;
  for (int i = 0; i < 32; i++) sum += d[i];
  wgmma_wait<0>();
  out[threadIdx.x] = sum;
}

LS_KERNEL(32) write_at(float* out, int index) { out[static_cast<int>(threadIdx.x) + index] = 1; }
LS_KERNEL(32) write_shared_at(int index) {
  LS_SHARED(shared);
  shared[static_cast<int>(threadIdx.x) + index] = 1;
}
LS_KERNEL(32) nothing() {}

// Poison that a kernel reads before anybody wrote.
LS_KERNEL(32) read_poison(const float* in, float* out) {
  LS_SHARED(shared);
  copy_async_16(shared + threadIdx.x * 16, in + threadIdx.x * 4, true);
  copy_async_commit();
  out[threadIdx.x] = reinterpret_cast<float*>(shared)[threadIdx.x * 4];
  copy_async_wait<0>();
}

}  // namespace ls::LS_GPU

namespace {

using namespace ls;
using namespace ls::testing;
using gpu::Fault;

std::string run(Fault fault) {
  OnDevice<float> in(std::vector<float>(512, 1.0f)), out(128, 0.0f);
  return found([&] { gpu::launch("faulty", gpu::faulty, dim3(2), dim3(64), 1032, fault, in.get(), out.get()); });
}

void check(Fault fault, std::initializer_list<const char*> words) {
  for_each_schedule([&] {
    const std::string report = run(fault);
    CHECK_HAS(report, "faulty: ");  // the op
    CHECK_HAS(report, "faults_test.cc:");
    for (const char* word : words) CHECK_HAS(report, word);
    CHECK(run(Fault::none) == "");
  });
}

TEST(divergence) {
  check(Fault::other_barriers, {"divergent block: __syncthreads, but other threads are in the one at faults_test.cc:"});
  check(Fault::other_collectives, {"divergent warp: "});
  check(Fault::stray_lane, {"the calling lane is not in its mask 0000ffff", "lane ", "warp "});
  check(Fault::wrong_named_barrier, {"bar.sync"});  // a mismatch, or a deadlock if the 32 meet first
  check(Fault::uneven_warpgroup, {"are no warpgroup"});
}

TEST(deadlocks) {
  check(Fault::early_exit, {"deadlock in block", "threads 40-40: exited", "__syncthreads at"});
  check(Fault::odd_half, {"deadlock in block", "threads 32-63: exited"});
  check(Fault::missing_lane, {"deadlock in block", "__syncwarp at"});
  check(Fault::endless_wait, {"deadlock in block", "mbarrier wait at"});
  check(Fault::spins, {"spins on an atomic"});
}

TEST(copies) {
  check(Fault::open_copy, {"exits without waiting for cp.async"});
  check(Fault::crooked_copy, {"the source is not aligned to 16 bytes"});
  check(Fault::crooked_row, {"ldmatrix: a row is not aligned"});
  check(Fault::foreign_row, {"ldmatrix: a row is not in the block's shared memory"});
  check(Fault::open_reduction, {"still reads shared memory"});
}

TEST(barriers_in_shared_memory) {
  check(Fault::too_many_arrivals, {"more threads arrive than the 1"});
  check(Fault::no_such_barrier, {"nobody made"});
}

TEST(exceptions) {
  for_each_schedule([] {
    CHECK_HAS(run(Fault::throws), "the kernel threw no kernel throws");
    CHECK(run(Fault::none) == "");
  });
}

TEST(tensor_core_of_a_warpgroup) {
  for_each_schedule([] {
    OnDevice<float> out(128);
    const auto launch = [&](Fault fault) {
      return found([&] { gpu::launch("products", gpu::faulty_products, dim3(1), dim3(128), 16384, fault, out.get()); });
    };
    CHECK(launch(Fault::none) == "");
    CHECK(out.read()[77] == 32.0f);
    CHECK_HAS(launch(Fault::no_fence), "registers were written after the last wgmma.fence");
    CHECK(launch(Fault::read_too_early) == "");  // no report: the registers are poison
    CHECK(std::isnan(out.read()[77]));
  });
}

TEST(limits_of_a_launch) {
  const auto launch = [](int threads, int shared) {
    const void* kernel = reinterpret_cast<const void*>(gpu::nothing);
    return found([&] { gpu::started("nothing", ::simt::launch(kernel, dim3(1), dim3(threads), shared, gpu::nothing)); });
  };
  CHECK(launch(32, 48 * 1024) == "");
  CHECK_HAS(launch(32, 48 * 1024 + 1), "49153 bytes of shared memory, but the kernel may use 49152 (cudaFuncSetAttribute)");
  CHECK(cudaFuncSetAttribute(gpu::nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, 227 * 1024) == cudaSuccess);
  CHECK(launch(32, 227 * 1024) == "");
  CHECK(cudaFuncSetAttribute(gpu::nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, 227 * 1024 + 1) != cudaSuccess);
  CHECK_HAS(launch(48, 0), "48 threads in a block, expected a multiple of 32");
  CHECK_HAS(launch(1056, 0), "1056 threads in a block, expected 1 to 1024");
  CHECK(found([] { gpu::launch("too much", gpu::nothing, dim3(1), dim3(32), 228 * 1024); }) != "");
}

TEST(poison) {
  const std::vector<float> fresh = OnDevice<float>(100).read();
  for (const float x : fresh) CHECK(std::isnan(x));
  OnDevice<float> in(std::vector<float>(128, 1.0f)), out(32);
  ::simt::set_schedule(::simt::Schedule::in_order, 1);
  found([&] { gpu::launch("poison", gpu::read_poison, dim3(1), dim3(32), 512, in.get(), out.get()); });
  for (const float x : out.read()) CHECK(std::isnan(x));
  ::simt::set_schedule(::simt::Schedule::reverse, 1);  // copies land early here: the detector alone sees the fault
  CHECK((found([&] { gpu::launch("poison", gpu::read_poison, dim3(1), dim3(32), 512, in.get(), out.get()); }) != "") == ::simt::detects_races());
  for (const float x : out.read()) CHECK(::simt::detects_races() || x == 1.0f);
  ::simt::set_schedule(::simt::Schedule::random, 1);
}

#if defined(__SANITIZE_ADDRESS__)
// What a child process that does this writes to stderr before the sanitizer ends it.
template <class Body>
std::string end_of(const Body& body) {
  int ends[2];
  if (pipe(ends)) return "";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 2);
    body();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char part[4096];
  for (ssize_t got; (got = read(ends[0], part, sizeof part)) > 0;) text.append(part, got);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 0);
  return text;
}

TEST(sanitizer_sees_overruns) {
  OnDevice<float> out(40);
  const auto at = [&](int index) { gpu::launch("write_at", gpu::write_at, dim3(1), dim3(32), 0, out.get(), index); };
  const auto shared_at = [&](int index) { gpu::launch("write_shared_at", gpu::write_shared_at, dim3(1), dim3(32), 64, index); };
  at(8);
  shared_at(32);
  CHECK_HAS(end_of([&] { at(9); }), "heap-buffer-overflow");
  CHECK_HAS(end_of([&] { at(-1); }), "heap-buffer-overflow");
  CHECK_HAS(end_of([&] { shared_at(33); }), "heap-buffer-overflow");
}
#endif

// Engines in two threads share the emulator.
TEST(launches_from_two_threads) {
  const auto work = [](std::vector<float>* result) {
    OnDevice<float> in(std::vector<float>(512, 1.0f)), out(128, 0.0f);
    for (int i = 0; i < 20; i++) gpu::launch("faulty", gpu::faulty, dim3(2), dim3(64), 1032, Fault::none, in.get(), out.get());
    *result = out.read();
  };
  std::vector<float> one, other;
  std::thread first([&] { work(&one); }), second([&] { work(&other); });
  first.join();
  second.join();
  CHECK(one == std::vector<float>(128, 2.0f) && other == one);
}

}  // namespace
