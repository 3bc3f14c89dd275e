// ls::cuda: the real GPU behind runtime/gpu.h. Only the CUDA runtime, linked statically: it looks for the driver at the first call, so a process without one
// loads this file and computes on the CPU.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>

#include "runtime/arena.h"
#include "runtime/error.h"
#include "runtime/gpu.h"

namespace ls::cuda {

namespace {

struct Device {
  bool open = false;
  cudaDeviceProp properties;
  std::string lost;  // why no further work can be done on it in this process
};
std::mutex device_mutex;
Device& device() {
  static Device one;
  return one;
}

// Pinned memory that uploads go through, so that the caller's bytes may change at once. The host waits only when the GPU is a whole ring behind.
class Staging {
 public:
  ~Staging() {
    for (cudaEvent_t event : sent_)
      if (event) cudaEventDestroy(event);
    cudaFreeHost(memory_);
  }

  cudaError_t send(char* to, const char* from, int64_t bytes, cudaStream_t stream) {
    if (const cudaError_t error = prepare()) return error;
    while (bytes > 0) {
      if (used_ == kSegment)
        if (const cudaError_t error = next_segment(stream)) return error;
      const int64_t part = std::min(bytes, kSegment - used_);
      char* at = memory_ + segment_ * kSegment + used_;
      std::memcpy(at, from, part);
      if (const cudaError_t error = cudaMemcpyAsync(to, at, part, cudaMemcpyHostToDevice, stream)) return error;
      used_ += std::min((part + 255) / 256 * 256, kSegment - used_);
      to += part, from += part, bytes -= part;
    }
    return cudaSuccess;
  }

 private:
  static constexpr int kSegments = 16;
  static constexpr int64_t kSegment = int64_t{1} << 20;

  cudaError_t prepare() {
    if (memory_) return cudaSuccess;
    for (cudaEvent_t& event : sent_)
      if (!event)
        if (const cudaError_t error = cudaEventCreateWithFlags(&event, cudaEventDisableTiming)) return error;
    return cudaMallocHost(reinterpret_cast<void**>(&memory_), kSegments * kSegment);
  }

  cudaError_t next_segment(cudaStream_t stream) {
    if (const cudaError_t error = cudaEventRecord(sent_[segment_], stream)) return error;
    segment_ = (segment_ + 1) % kSegments;
    used_ = 0;
    return cudaEventSynchronize(sent_[segment_]);  // at once if it was never recorded
  }

  char* memory_ = nullptr;
  cudaEvent_t sent_[kSegments] = {};  // the copies out of a segment are done
  int segment_ = 0;
  int64_t used_ = 0;
};

struct Stream {
  cudaStream_t handle = nullptr;
  Staging staging;
  const char* last_op = "the first op";  // launched most recently
};
thread_local Stream* in_use = nullptr;
thread_local bool recording = false;  // a graph, on the stream in use

// LODESTONE_SYNC=1: wait after every launch, to learn which op failed.
bool waits_after_launch() {
  const char* value = std::getenv("LODESTONE_SYNC");
  return value && *value && std::strcmp(value, "0") != 0;
}

// What CUDA says, and whether it will say so forever: after some errors (an illegal address) no call of this process works any more.
std::string reported(cudaError_t error) {
  std::string text = sentence("the GPU reported \"", cudaGetErrorString(error), "\" (", cudaGetErrorName(error), ")");
  cudaGetLastError();  // an error that is not forever must not turn up in the next call
  if (!recording && cudaDeviceSynchronize() != cudaSuccess) {  // nobody may wait for a stream that is being recorded
    cudaGetLastError();
    const std::lock_guard lock(device_mutex);
    if (device().lost.empty()) device().lost = text;
    text += "; this process cannot use the GPU any more";
  }
  return text;
}

void check(const char* what, cudaError_t error) {
  if (error == cudaSuccess) return;
  const ls_status status = error == cudaErrorMemoryAllocation ? LS_OUT_OF_MEMORY : LS_INTERNAL;
  fail(status, what, ": ", reported(error));
}

// A graph would keep the address in the ring of uploads, not the bytes; and it cannot wait.
void not_recorded(const char* what) {
  if (recording) fail(LS_INTERNAL, what, ": it needs the host, so it cannot be part of a graph");
}

std::string version(int number) { return sentence(number / 1000, ".", number % 1000 / 10); }

[[noreturn]] void no_device(cudaError_t error) {
  cudaGetLastError();
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  cudaGetLastError();
  if (driver == 0) fail(LS_UNSUPPORTED, "no NVIDIA driver on this machine (\"", cudaGetErrorString(error), "\")");
  if (error == cudaErrorInsufficientDriver)
    fail(LS_UNSUPPORTED, "the NVIDIA driver is too old: it supports CUDA ", version(driver), ", this build needs ", version(runtime));
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  fail(LS_UNSUPPORTED, "no usable NVIDIA GPU: ", error == cudaSuccess ? "the driver sees none" : cudaGetErrorString(error),
       visible ? sentence(" (CUDA_VISIBLE_DEVICES=", visible, ")") : "");
}

Stream& stream_in_use() {
  if (in_use) return *in_use;
  static Stream* const common = static_cast<Stream*>(make_stream());  // as long as the process: the driver may be gone before static destructors run
  return *common;
}

}  // namespace

void open_device() {
  const std::lock_guard lock(device_mutex);
  Device& d = device();
  if (!d.lost.empty()) fail(LS_UNSUPPORTED, "this process cannot use the GPU any more, a new one can: ", d.lost);
  if (d.open) return;
  int count = 0;  // which cudaGetDeviceCount does not touch if it fails
  const cudaError_t counted = cudaGetDeviceCount(&count);
  if (counted != cudaSuccess || count == 0) no_device(counted);
  cudaError_t error = cudaGetDeviceProperties(&d.properties, 0);
  if (error == cudaSuccess && d.properties.major < 8)
    fail(LS_UNSUPPORTED, "GPU too old: ", d.properties.name, " has compute capability ", d.properties.major, ".", d.properties.minor,
         ", the kernels need 8.0 (Ampere) or later");
  if (error == cudaSuccess) error = cudaSetDevice(0);
  if (error == cudaSuccess) error = cudaFree(nullptr);  // the context is made now, and an error shows here
  if (error != cudaSuccess) no_device(error);
  d.open = true;
}

void* make_stream() {
  open_device();
  auto* made = new Stream;
  // Not ordered with the legacy default stream, which other libraries of the process may use.
  if (const cudaError_t error = cudaStreamCreateWithFlags(&made->handle, cudaStreamNonBlocking)) {
    delete made;
    check("making a stream", error);
  }
  return made;
}

void use_stream(void* made) { in_use = static_cast<Stream*>(made); }

void drop_stream(void* made) {
  auto* dropped = static_cast<Stream*>(made);
  if (!dropped) return;
  if (in_use == dropped) in_use = nullptr;
  cudaStreamSynchronize(dropped->handle);
  cudaStreamDestroy(dropped->handle);
  delete dropped;
  cudaGetLastError();  // whatever failed has been reported to who could act on it
}

void* stream() { return stream_in_use().handle; }

void order(void* first, void* then) {
  cudaEvent_t reached = nullptr;
  check("ordering streams", cudaEventCreateWithFlags(&reached, cudaEventDisableTiming));
  cudaError_t error = cudaEventRecord(reached, static_cast<cudaStream_t>(first));
  if (error == cudaSuccess) error = cudaStreamWaitEvent(static_cast<cudaStream_t>(then), reached, 0);
  cudaEventDestroy(reached);  // once it was reached
  check("ordering streams", error);
}

void* allocate(int64_t bytes) {
  if (bytes == 0) return nullptr;
  open_device();
  size_t available = 0, total = 0;
  check("asking for free GPU memory", cudaMemGetInfo(&available, &total));
  void* memory = nullptr;
  cudaError_t error = cudaErrorMemoryAllocation;
  if (static_cast<size_t>(bytes) <= available) error = cudaMalloc(&memory, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    fail(LS_OUT_OF_MEMORY, "not enough GPU memory: ", human_bytes(bytes), " are needed but ", human_bytes(available), " of ", human_bytes(total), " are free");
  }
  check("allocating GPU memory", error);
  return memory;
}

void release(void* memory) {
  if (memory && cudaFree(memory) != cudaSuccess) cudaGetLastError();
}

int64_t available_memory() {
  open_device();
  size_t available = 0, total = 0;
  check("asking for free GPU memory", cudaMemGetInfo(&available, &total));
  return static_cast<int64_t>(available);
}

bool holds(const void* address, int64_t bytes) {
  open_device();
  const char* first = static_cast<const char*>(address);
  for (const char* byte : {first, first + bytes - 1}) {
    cudaPointerAttributes found{};
    if (cudaPointerGetAttributes(&found, byte) != cudaSuccess) return cudaGetLastError(), false;
    if (found.device != 0 || (found.type != cudaMemoryTypeDevice && found.type != cudaMemoryTypeManaged)) return false;
  }
  return true;
}

void upload(void* to, const void* from, int64_t bytes) {
  not_recorded("upload");
  Stream& s = stream_in_use();
  check("upload", s.staging.send(static_cast<char*>(to), static_cast<const char*>(from), bytes, s.handle));
}

void download(void* to, const void* from, int64_t bytes) {
  if (bytes == 0) return;
  not_recorded("download");
  Stream& s = stream_in_use();
  const cudaError_t error = cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, s.handle);
  if (error == cudaSuccess) return synchronize("download");
  check("download", error);
}

void fill_zero(void* memory, int64_t bytes) {
  if (bytes > 0) check("filling with zeros", cudaMemsetAsync(memory, 0, bytes, stream_in_use().handle));
}

void copy(void* to, const void* from, int64_t bytes) {
  if (bytes > 0) check("copy", cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_in_use().handle));
}

std::vector<double> elapsed_ms(int repeats, const std::function<void()>& run) {
  struct Events {
    std::vector<cudaEvent_t> at;
    ~Events() {
      for (cudaEvent_t event : at)
        if (event) cudaEventDestroy(event);
    }
  };
  const cudaStream_t stream = stream_in_use().handle;
  Events events{std::vector<cudaEvent_t>(repeats + 1)};
  for (cudaEvent_t& event : events.at) check("making an event", cudaEventCreate(&event));
  check("timing", cudaEventRecord(events.at[0], stream));
  for (int i = 0; i < repeats; i++) {
    run();
    check("timing", cudaEventRecord(events.at[i + 1], stream));
  }
  synchronize("timed runs");
  std::vector<double> ms;
  for (int i = 0; i < repeats; i++) {
    float between = 0;
    check("timing", cudaEventElapsedTime(&between, events.at[i], events.at[i + 1]));
    ms.push_back(between);
  }
  return ms;
}

void synchronize(const char* what) {
  not_recorded(what);
  Stream& s = stream_in_use();
  const cudaError_t error = cudaStreamSynchronize(s.handle);
  if (error == cudaSuccess) return;
  const std::string text = reported(error);
  fail(LS_INTERNAL, what, ": ", text, "; ", s.last_op, " was launched last, LODESTONE_SYNC=1 in the environment names the op that failed");
}

void started(const char* op, int error) {
  Stream& s = stream_in_use();
  s.last_op = op;
  check(op, static_cast<cudaError_t>(error));
  if (!waits_after_launch()) return;
  cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
  check(op, cudaStreamIsCapturing(s.handle, &capturing));
  if (capturing == cudaStreamCaptureStatusNone) check(op, cudaStreamSynchronize(s.handle));
}

void* record_graph(const std::function<void()>& launches) {
  const cudaStream_t stream = stream_in_use().handle;
  check("recording a graph", cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));  // other threads may allocate meanwhile
  recording = true;
  std::exception_ptr thrown;
  try {
    launches();
  } catch (...) {
    thrown = std::current_exception();
  }
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t made = nullptr;
  cudaError_t error = cudaStreamEndCapture(stream, &graph);
  recording = false;
  if (!thrown && error == cudaSuccess) error = cudaGraphInstantiate(&made, graph, 0);
  if (graph) cudaGraphDestroy(graph);
  if (thrown) {
    cudaGetLastError();
    std::rethrow_exception(thrown);
  }
  check("recording a graph", error);
  return made;
}

void replay_graph(void* graph) { started("a graph of launches", cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph), stream_in_use().handle)); }

void drop_graph(void* graph) {
  if (graph && cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(graph)) != cudaSuccess) cudaGetLastError();
}

int multiprocessors() {
  open_device();
  return device().properties.multiProcessorCount;
}

std::string describe() {
  open_device();
  const cudaDeviceProp& p = device().properties;
  char place[32];
  std::snprintf(place, sizeof place, "%04x:%02x:%02x.0", p.pciDomainID, p.pciBusID, p.pciDeviceID);
  return sentence(p.name, ", ", p.multiProcessorCount, " SMs, ", human_bytes(static_cast<int64_t>(p.totalGlobalMem)), ", compute ", p.major, ".", p.minor,
                  ", PCI ", place);
}

}  // namespace ls::cuda
