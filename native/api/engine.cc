#include <cstring>
#include <cstdio>

#include "api/handles.h"
#include "model/plan.h"
#include "ops/linear/linear.h"
#include "runtime/isa.h"

#ifndef LS_VERSION
#define LS_VERSION "unknown"
#endif

namespace ls::api {

namespace {

// A fixed buffer: reporting an error must not fail for want of memory.
thread_local char last_error[1024] = "";

constexpr int32_t kMostThreads = 1024;

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

ls_status ls_engine_open(const char* device, int32_t threads, ls_engine** engine) {
  return guarded([&] {
    not_null("ls_engine_open", "device", device);
    not_null("ls_engine_open", "engine", engine);
    *engine = nullptr;
    const std::string name = device;
    if (name == "cuda" || name == "simt")
      fail(LS_UNSUPPORTED, "device ", name, " is not in this build, which is CPU only: use auto or cpu");
    require(name == "auto" || name == "cpu", "expected device auto, cpu or cuda but found ", name);
    require(threads >= 0 && threads <= kMostThreads, "expected 0 (all) to ", kMostThreads, " threads but found ", threads);
    *engine = new ls_engine{std::make_shared<Engine>(Engine{threads > 0 ? threads : usable_threads()}), {}};
  });
}

void ls_engine_close(ls_engine* engine) { delete engine; }

const char* ls_engine_describe(const ls_engine* engine) {
  if (!engine) return "";
  const ls_status status = guarded([&] {
    engine->description = sentence("{\"device\":\"cpu\",\"threads\":", engine->engine->threads, ",\"isa\":\"", isa_name(isa()), "\",\"gemm\":\"",
                                   cpu::gemm_name(), "\",\"cuda\":\"not in this build\",\"available_bytes\":", available_memory(), "}");
  });
  return status == LS_OK ? engine->description.c_str() : "";
}

ls_status ls_plan_memory(const ls_model_config* config, ls_mode mode, int64_t tokens, int64_t sequences, int64_t capacity, ls_memory_plan* plan) {
  return guarded([&] {
    not_null("ls_plan_memory", "config", config);
    not_null("ls_plan_memory", "plan", plan);
    *plan = plan_memory(*config, mode, tokens, sequences, capacity);
  });
}

}  // extern "C"
