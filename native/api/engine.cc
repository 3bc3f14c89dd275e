#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "api/handles.h"
#include "runtime/arena.h"

#ifndef LS_VERSION
#define LS_VERSION "unknown"
#endif

namespace ls::api {

namespace {

// A fixed buffer: reporting an error must not fail for want of memory.
thread_local char last_error[1024] = "";

constexpr int32_t kMostThreads = 1024;

// The engine of a device, and why CUDA is or is not there.
ls_engine engine_of(const std::string& device, int32_t threads) {
  if (device == "simt") {
#ifdef LS_WITH_SIMT
    return {simt::open_engine(threads), "not asked for", simt::open_ops()};
#else
    fail(LS_UNSUPPORTED, "device simt is the emulator of test builds and not in this one: use auto, cpu or cuda");
#endif
  }
  require(device == "auto" || device == "cpu" || device == "cuda", "expected device auto, cpu or cuda but found ", device);
  std::string cuda = "not in this build";
#ifdef LS_WITH_CUDA
  cuda = "not asked for";
  if (device != "cpu") try {
      return {cuda::open_engine(threads), "in use", cuda::open_ops()};
    } catch (const Error& e) {
      if (device == "cuda") throw;
      cuda = e.what();
    }
#else
  if (device == "cuda") fail(LS_UNSUPPORTED, "device cuda is not in this build, which is CPU only: use auto or cpu");
#endif
  return {cpu::open_engine(threads), cuda, cpu::open_ops()};
}

}  // namespace

ls_status failed(ls_status status, const char* sentence) noexcept {
  std::snprintf(last_error, sizeof last_error, "%s", sentence);
  return status;
}

}  // namespace ls::api

using namespace ls;
using namespace ls::api;

extern "C" {

const char* ls_version(void) { return LS_VERSION; }

const char* ls_last_error(void) { return last_error; }

void ls_before_exit(void) {
  // Registered this late it runs before the destructors of libraries: oneDNN's would free code that runs.
  static std::once_flag once;
  std::call_once(once, [] { on_exit([](int status, void*) { if (calls > 0) _exit(status); }, nullptr); });
}

ls_status ls_engine_open(const char* device, int32_t threads, ls_engine** engine) {
  return guarded([&] {
    not_null("ls_engine_open", "device", device);
    not_null("ls_engine_open", "engine", engine);
    *engine = nullptr;
    require(threads >= 0 && threads <= kMostThreads, "expected 0 (all) to ", kMostThreads, " threads but found ", threads);
    *engine = new ls_engine(engine_of(device, threads));
  });
}

void ls_engine_close(ls_engine* engine) {
  if (engine) engine->engine->enter();  // the ops may have device memory to give back
  delete engine;
}

const char* ls_engine_describe(const ls_engine* engine) {
  if (!engine) return "";
  const ls_status status = guarded([&] {
    engine->engine->enter();
    engine->description = sentence("{\"device\":\"", engine->engine->device(), "\",", engine->engine->description(), ",\"cuda\":\"",
                                   escaped(engine->cuda), "\",\"available_bytes\":", engine->engine->available(), "}");
  });
  return status == LS_OK ? engine->description.c_str() : "";
}

ls_status ls_plan_memory(const ls_engine* engine, const ls_model_config* config, int64_t tokens, int64_t sequences, int64_t capacity,
                         const ls_train_options* training, ls_memory_plan* plan) {
  return guarded([&] {
    not_null("ls_plan_memory", "engine", engine);
    not_null("ls_plan_memory", "config", config);
    not_null("ls_plan_memory", "plan", plan);
    engine->engine->enter();
    *plan = engine->engine->plan(*config, tokens, sequences, capacity, training);
  });
}

}  // extern "C"
