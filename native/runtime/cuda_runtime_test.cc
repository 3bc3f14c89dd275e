// gpu_cuda.cc against a CUDA runtime of a few lines that runs copies as late as it may and fails where it is told to: the order of uploads, graphs and every
// sentence of an error, on machines without a GPU. The tests run in the order of this file, as the life of a process: no driver, then a GPU, then a lost one.
#include <cuda_runtime_api.h>

#include <deque>
#include <functional>

#include "runtime/error.h"
#include "runtime/gpu.h"
#include "testing/check.h"

namespace fake {

int driver_version = 0, device_count = 0, major = 9;
cudaError_t count_error = cudaErrorInsufficientDriver;
size_t available = size_t{1} << 30;
cudaError_t forever = cudaSuccess;  // what every call returns after a kernel has failed
cudaError_t last = cudaSuccess;
using Queue = std::deque<std::function<void()>>;
Queue queue;               // of the one stream
Queue* recorded = nullptr;  // where its work goes while a graph is recorded
cudaError_t graph_error = cudaSuccess;
int graphs = 0;             // that are there
int waits = 0;                            // for an event that had not happened
cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;

struct Event {
  bool recorded = false, happened = false;
  cudaStream_t of = nullptr;
};
std::pair<void*, void*> ordered;  // the last two streams of which one waits for the other

cudaError_t result(cudaError_t error = cudaSuccess) {
  if (forever) error = forever;
  if (error) last = error;
  return error;
}
void submit(std::function<void()> work) { (recorded ? *recorded : queue).push_back(std::move(work)); }
void run_all() {
  for (; !queue.empty(); queue.pop_front()) queue.front()();
}

}  // namespace fake

extern "C" {
using namespace fake;
cudaError_t cudaGetDeviceCount(int* count) {
  if (count_error) return result(count_error);  // as the true one, leaves the count alone
  *count = device_count;
  return result();
}
cudaError_t cudaDriverGetVersion(int* version) { return *version = driver_version, cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  *p = {};
  std::snprintf(p->name, sizeof p->name, "Fake 100");
  p->major = major, p->minor = 0, p->multiProcessorCount = 132, p->pciDomainID = 1, p->pciBusID = 0x3b, p->totalGlobalMem = size_t{2} << 30;
  return result();
}
cudaError_t cudaSetDevice(int) { return result(); }
cudaError_t cudaFree(void* memory) { return std::free(memory), result(); }
cudaError_t cudaMalloc(void** memory, size_t bytes) {
  *memory = bytes > available ? nullptr : std::malloc(bytes);
  return result(*memory ? cudaSuccess : cudaErrorMemoryAllocation);
}
cudaError_t cudaMallocHost(void** memory, size_t bytes) { return *memory = std::malloc(bytes), result(); }
cudaError_t cudaFreeHost(void* memory) { return std::free(memory), result(); }
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) { return *free = available, *total = size_t{2} << 30, result(); }
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t) {
  submit([=] { std::memcpy(to, from, bytes); });
  return result();
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t) {
  submit([=] { std::memset(to, value, bytes); });
  return result();
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  static int streams = 0;
  return *stream = reinterpret_cast<cudaStream_t>(static_cast<intptr_t>(++streams)), result();
}
cudaError_t cudaStreamDestroy(cudaStream_t) { return result(); }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return run_all(), result(); }
cudaError_t cudaDeviceSynchronize() {
  if (recorded) return result(cudaErrorStreamCaptureUnsupported);
  return run_all(), result();
}
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) { return recorded = new Queue, graphs++, result(); }
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = reinterpret_cast<cudaGraph_t>(recorded);
  recorded = nullptr;
  return result(graph_error);
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = reinterpret_cast<cudaGraphExec_t>(new Queue(*reinterpret_cast<Queue*>(graph)));
  return graphs++, result();
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  for (const auto& work : *reinterpret_cast<Queue*>(graph)) queue.push_back(work);
  return result();
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete reinterpret_cast<Queue*>(graph), graphs--, result(); }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) { return cudaGraphDestroy(reinterpret_cast<cudaGraph_t>(graph)); }
cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus* status) { return *status = capturing, result(); }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return *event = reinterpret_cast<cudaEvent_t>(new Event), result(); }
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t, cudaEvent_t) { return *ms = 2, result(); }
cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete reinterpret_cast<Event*>(event), result(); }
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  auto* e = reinterpret_cast<Event*>(event);
  e->recorded = true, e->happened = false, e->of = stream;
  queue.push_back([e] { e->happened = true; });
  return result();
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  auto* e = reinterpret_cast<Event*>(event);
  if (!e->recorded || e->happened) return result();
  for (waits++; !e->happened; queue.pop_front()) queue.front()();
  return result();
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  return ordered = {reinterpret_cast<Event*>(event)->of, stream}, result();
}
// Memory of the device is a range of numbers here; what follows it is of another device.
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* found, const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  *found = {};
  found->type = at >= 0x1000 && at < 0x3000 ? cudaMemoryTypeDevice : cudaMemoryTypeUnregistered;
  found->device = at < 0x2000 ? 0 : 1;
  return result(at < 0x4000 ? cudaSuccess : cudaErrorInvalidValue);
}
cudaError_t cudaGetLastError() {
  const cudaError_t error = last;
  last = cudaSuccess;
  return forever ? forever : error;
}
const char* cudaGetErrorString(cudaError_t error) { return error == cudaErrorIllegalAddress ? "an illegal memory access was encountered" : "what CUDA says"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaErrorName"; }
}

using namespace ls;

// What body throws: "status: sentence", or "".
static std::string thrown(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    return std::to_string(e.status) + ": " + e.what();
  }
  return "";
}
#define CHECK_THROWS(want, ...)                                                                    \
  do {                                                                                             \
    const std::string got = thrown([&] { __VA_ARGS__; });                                          \
    if (got != want) testing::report(__FILE__, __LINE__, "threw \"" + got + "\", not \"" + want + "\""); \
  } while (0)

TEST(no_driver) {
  CHECK_THROWS("3: no NVIDIA driver on this machine (\"what CUDA says\")", cuda::open_device());
  CHECK_THROWS("3: no NVIDIA driver on this machine (\"what CUDA says\")", cuda::allocate(8));
  CHECK(fake::last == cudaSuccess);
}

TEST(a_driver_too_old) {
  fake::driver_version = 12040;
  CHECK_THROWS("3: the NVIDIA driver is too old: it supports CUDA 12.4, this build needs 13.0", cuda::open_device());
}

TEST(no_device) {
  fake::driver_version = 13010, fake::count_error = cudaSuccess;
  setenv("CUDA_VISIBLE_DEVICES", "7", 1);
  CHECK_THROWS("3: no usable NVIDIA GPU: the driver sees none (CUDA_VISIBLE_DEVICES=7)", cuda::open_device());
  unsetenv("CUDA_VISIBLE_DEVICES");
  fake::count_error = cudaErrorUnknown;
  CHECK_THROWS("3: no usable NVIDIA GPU: what CUDA says", cuda::open_device());
  fake::count_error = cudaSuccess, fake::device_count = 1;
}

TEST(a_gpu_too_old) {
  fake::major = 7;
  CHECK_THROWS("3: GPU too old: Fake 100 has compute capability 7.0, the kernels need 8.0 (Ampere) or later", cuda::open_device());
  fake::major = 9;
}

TEST(a_gpu) {
  CHECK_THROWS("", cuda::open_device());
  CHECK(cuda::describe() == "Fake 100, 132 SMs, 2.00 GiB, compute 9.0, PCI 0001:3b:00.0");
  CHECK(cuda::multiprocessors() == 132);
}

TEST(each_engine_has_its_stream) {
  void *a = cuda::make_stream(), *b = cuda::make_stream(), *common = cuda::stream();
  cuda::use_stream(a);
  void* of_a = cuda::stream();
  cuda::use_stream(b);
  CHECK(of_a != cuda::stream() && of_a != common && cuda::stream() != common);
  cuda::drop_stream(b);
  CHECK(cuda::stream() == common);
  cuda::drop_stream(a);
  CHECK(cuda::stream() == common);
}

TEST(one_stream_waits_for_another) {
  int theirs;
  cuda::order(&theirs, cuda::stream());
  CHECK(fake::ordered == std::make_pair(static_cast<void*>(&theirs), cuda::stream()));
  cuda::order(cuda::stream(), nullptr);
  CHECK(fake::ordered == std::make_pair(cuda::stream(), static_cast<void*>(nullptr)));
}

TEST(memory_of_the_device_is_known_at_both_ends) {
  const auto holds = [](uintptr_t begin, int64_t bytes) { return cuda::holds(reinterpret_cast<void*>(begin), bytes); };
  CHECK(holds(0x1000, 0x1000) && holds(0x1ff0, 16));
  CHECK(!holds(0xff0, 32) && !holds(0x1000, 0x1001) && !holds(0x2000, 16) && !holds(0x1000, 0x4000));
  CHECK(fake::last == cudaSuccess);
}

TEST(what_was_uploaded_may_change_at_once) {
  std::vector<int> from(1000), back(1000);
  int* device[20];
  for (int i = 0; i < 20; i++) {
    device[i] = static_cast<int*>(cuda::allocate(4000));
    std::fill(from.begin(), from.end(), i);
    cuda::upload(device[i], from.data(), 4000);
  }
  CHECK(fake::waits == 0);
  for (int i = 0; i < 20; i++) {
    cuda::download(back.data(), device[i], 4000);
    CHECK(back == std::vector<int>(1000, i));
    cuda::release(device[i]);
  }
}

TEST(an_upload_longer_than_the_ring) {
  const int64_t count = 40 << 18;  // 40 MiB through 16
  std::vector<int> from(count), back(count);
  for (int64_t i = 0; i < count; i++) from[i] = static_cast<int>(i);
  int* device = static_cast<int*>(cuda::allocate(count * 4));
  cuda::upload(device, from.data(), count * 4);
  CHECK(fake::waits > 0);
  cuda::download(back.data(), device, count * 4);
  CHECK(back == from);
  int* copy = static_cast<int*>(cuda::allocate(count * 4));
  cuda::copy(copy, device, count * 4);
  cuda::fill_zero(device, count * 4);
  cuda::download(back.data(), copy, count * 4);
  CHECK(back == from);
  cuda::download(back.data(), device, count * 4);
  CHECK(back == std::vector<int>(count));
  cuda::release(device);
  cuda::release(copy);
}

TEST(runs_are_timed) {
  int runs = 0;
  CHECK(cuda::elapsed_ms(3, [&] { runs++; }) == std::vector<double>(3, 2.0) && runs == 3);
}

TEST(a_graph_is_run_as_often_as_it_is_started) {
  int* device = static_cast<int*>(cuda::allocate(8));
  int value = 7, back = 0;
  cuda::upload(device, &value, 4);
  void* graph = cuda::record_graph([&] { cuda::copy(device + 1, device, 4); });
  cuda::fill_zero(device + 1, 4);
  cuda::download(&back, device + 1, 4);
  CHECK(back == 0);
  for (value = 8; value < 10; value++) {
    cuda::upload(device, &value, 4);
    cuda::replay_graph(graph);
    cuda::download(&back, device + 1, 4);
    CHECK(back == value);
  }
  cuda::drop_graph(graph);
  cuda::drop_graph(nullptr);
  CHECK(fake::graphs == 0);
  cuda::release(device);
}

TEST(what_cannot_be_recorded) {
  int value = 0;
  int* device = static_cast<int*>(cuda::allocate(4));
  CHECK_THROWS("4: upload: it needs the host, so it cannot be part of a graph", cuda::record_graph([&] { cuda::upload(device, &value, 4); }));
  CHECK_THROWS("4: download: it needs the host, so it cannot be part of a graph", cuda::record_graph([&] { cuda::download(&value, device, 4); }));
  CHECK_THROWS("4: forward: it needs the host, so it cannot be part of a graph", cuda::record_graph([&] { cuda::synchronize("forward"); }));
  // The stream must not be waited for, or the device counts as lost.
  CHECK_THROWS("4: rope: the GPU reported \"what CUDA says\" (cudaErrorName)",
               cuda::record_graph([] { cuda::started("rope", cudaErrorStreamCaptureUnsupported); }));
  fake::graph_error = cudaErrorStreamCaptureInvalidated;
  CHECK_THROWS("4: recording a graph: the GPU reported \"what CUDA says\" (cudaErrorName)", cuda::record_graph([] {}));
  fake::graph_error = cudaSuccess;
  CHECK(fake::graphs == 0 && fake::last == cudaSuccess);
  CHECK_THROWS("", cuda::open_device());
  cuda::upload(device, &value, 4);
  cuda::download(&value, device, 4);
  cuda::release(device);
}

TEST(no_memory) {
  CHECK_THROWS("2: not enough GPU memory: 3.00 GiB are needed but 1.00 GiB of 2.00 GiB are free", cuda::allocate(int64_t{3} << 30));
  CHECK(fake::last == cudaSuccess);
  CHECK(cuda::allocate(0) == nullptr);
  CHECK_THROWS("", cuda::release(cuda::allocate(1 << 20)));
}

TEST(a_launch_that_cannot_start) {
  CHECK_THROWS("4: rope: the GPU reported \"what CUDA says\" (cudaErrorName)", cuda::started("rope", cudaErrorInvalidConfiguration));
  CHECK_THROWS("", cuda::synchronize("forward"));
}

TEST(a_kernel_that_fails_is_told_with_its_op_where_each_is_waited_for) {
  setenv("LODESTONE_SYNC", "1", 1);
  CHECK_THROWS("", cuda::started("attention forward", 0));
  fake::queue.push_back([] { fake::forever = cudaErrorIllegalAddress; });
  CHECK_THROWS("4: rope: the GPU reported \"an illegal memory access was encountered\" (cudaErrorName); this process cannot use the GPU any more",
               cuda::started("rope", 0));
  unsetenv("LODESTONE_SYNC");
  fake::forever = cudaSuccess;
  fake::queue.push_back([] { fake::forever = cudaErrorIllegalAddress; });
  CHECK_THROWS("", cuda::started("rope", 0));
  fake::queue.clear();
}

TEST(a_kernel_that_fails_later_is_told_with_the_last_op) {
  CHECK_THROWS("", cuda::started("attention forward", 0));
  CHECK_THROWS("", cuda::started("rope", 0));
  fake::forever = cudaErrorIllegalAddress;
  const std::string lost = "the GPU reported \"an illegal memory access was encountered\" (cudaErrorName)";
  CHECK_THROWS("4: forward: " + lost + "; this process cannot use the GPU any more; rope was launched last, LODESTONE_SYNC=1 in the environment names the op"
               " that failed", cuda::synchronize("forward"));
  CHECK_THROWS("3: this process cannot use the GPU any more, a new one can: " + lost, cuda::open_device());
  CHECK_THROWS("3: this process cannot use the GPU any more, a new one can: " + lost, cuda::make_stream());
  CHECK_THROWS("", cuda::release(std::malloc(1)));
}
