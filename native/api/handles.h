// What stands behind the opaque handles, and the border that no exception crosses.
#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <string>

#include "api/ops_backend.h"
#include "lodestone/lodestone.h"
#include "model/backend.h"
#include "runtime/error.h"

struct ls_engine {
  std::shared_ptr<const ls::AnyEngine> engine;
  std::string cuda;  // why the CUDA backend is or is not there
  std::shared_ptr<ls::AnyOps> ops;
  mutable std::string description = {};
};
struct ls_model {
  std::shared_ptr<ls::AnyModel> model;
};
struct ls_decoder {
  std::shared_ptr<ls::AnyModel> model;  // outlives the decoder
  std::unique_ptr<ls::AnyDecoder> decoder;
};
struct ls_trainer {
  std::shared_ptr<ls::AnyModel> model;
  std::unique_ptr<ls::AnyTrainer> trainer;
};

namespace ls::api {

// Remembers the sentence for ls_last_error of this thread.
ls_status failed(ls_status status, const char* sentence) noexcept;

// How many calls are under way, in all threads.
inline std::atomic<int> calls{0};
struct Call {
  Call() { calls++; }
  ~Call() { calls--; }
};

template <class Body>
ls_status guarded(const Body& body) noexcept {
  const Call call;
  try {
    body();
    return LS_OK;
  } catch (const Error& e) {
    return failed(e.status, e.what());
  } catch (const std::bad_alloc&) {
    return failed(LS_OUT_OF_MEMORY, "the system has no memory left for this call");
  } catch (const std::exception& e) {
    return failed(LS_INTERNAL, e.what());
  } catch (...) {
    return failed(LS_INTERNAL, "an unknown exception");
  }
}

// "ls_forward: model is NULL"
template <class T>
void not_null(const char* call, const char* argument, const T* pointer) {
  require(pointer != nullptr, call, ": ", argument, " is NULL");
}

// Elements [offset, offset + count) must lie in a tensor.
inline void check_range(const char* call, const Tensor& tensor, int64_t offset, int64_t count, const void* data) {
  require(offset >= 0 && count >= 0 && offset <= tensor.count() && count <= tensor.count() - offset, call, ": ", tensor.name, " has ", tensor.count(),
          " elements but ", count, " from ", offset, " were asked for");
  require(data || count == 0, call, ": data is NULL");
}

// The calling thread works for the model's engine now.
inline void enter(const AnyModel& model) { model.engine->enter(); }

// Deletes a handle; NULL is fine. The backend may need its device for that.
template <class Handle>
void close(Handle* handle) {
  if (!handle) return;
  const std::shared_ptr<const AnyEngine> engine = handle->model->engine;  // until the last of it is gone
  engine->enter();
  delete handle;
}

}  // namespace ls::api
