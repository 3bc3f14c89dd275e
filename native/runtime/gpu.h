// A GPU as the host side of the engine sees it: one device, one stream, errors. ls::cuda is the real one, ls::simt the emulated one of test builds.
// No CUDA type here, so that every file may include it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#ifndef LS_GPU
#define LS_GPU cuda
#endif

#define LS_GPU_RUNTIME                                                                                                       \
  /* Chooses the device: the first that CUDA_VISIBLE_DEVICES leaves. Throws LS_UNSUPPORTED with the reason if there is no usable GPU. */ \
  void open_device();                                                                                                        \
  /* Each engine makes a stream and uses it in every call, on the calling thread; a thread that uses none (tests) has the process's own. */ \
  void* make_stream();                                                                                                       \
  void use_stream(void* made);                                                                                               \
  void drop_stream(void* made);                                                                                              \
  void* stream();                   /* cudaStream_t in use */                                                                \
  void order(void* first, void* then); /* what `then` is given from now on begins after what `first` holds now; the host goes on */ \
  void* allocate(int64_t bytes);    /* device memory, 256-byte aligned; throws LS_OUT_OF_MEMORY with the bytes */             \
  void release(void* memory);                                                                                                \
  int64_t available_memory();       /* bytes free on the device */                                                           \
  bool holds(const void* address, int64_t bytes); /* whether they are memory of the device: asked at both ends */              \
  /* Ordered on the stream. `from` of an upload may be reused at once; a download returns when the bytes are there. */       \
  void upload(void* to, const void* from, int64_t bytes);                                                                    \
  void download(void* to, const void* from, int64_t bytes);                                                                  \
  void fill_zero(void* memory, int64_t bytes);                                                                               \
  void copy(void* to, const void* from, int64_t bytes); /* within the device */                                              \
  void synchronize(const char* what); /* waits; throws what went wrong since the last wait, with what and the last op */      \
  void started(const char* op, int error); /* after a launch: throws if error (a cudaError_t) is not 0 */                     \
  /* What `launches` starts on the stream, kept and not run: kernels, copies and zeros with the very arguments. replay_graph starts all of \
   * it by one call. Throws if it cannot be kept, as an upload or a download cannot. */                                      \
  void* record_graph(const std::function<void()>& launches);                                                                 \
  void replay_graph(void* graph);                                                                                            \
  void drop_graph(void* graph);     /* NULL does nothing */                                                                  \
  /* Milliseconds that the stream spends on each of `repeats` runs, one launched after another; waits for them. Benchmarks. */ \
  std::vector<double> elapsed_ms(int repeats, const std::function<void()>& run);                                             \
  int multiprocessors();            /* of the device; a few in the emulator, so that persistent kernels loop there too */     \
  std::string describe();           /* "NVIDIA H200, 132 SMs, 139.8 GiB, compute 9.0, PCI 0000:3b:00.0"; no PCI in the emulator */

namespace ls::cuda { LS_GPU_RUNTIME }
namespace ls::simt {
LS_GPU_RUNTIME
void submit(std::function<void()> work);  // to the emulated stream: runs at once, or is kept while a graph is recorded
}  // namespace ls::simt
