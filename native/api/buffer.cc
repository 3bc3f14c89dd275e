#include "api/ops_check.h"

using namespace ls;
using namespace ls::api;

namespace {

int64_t element_bytes(const AnyOps& ops, ls_element element) { return element == LS_REAL ? ops.real_bytes() : 4; }

// What both ways to a buffer ask; the new one is still without an address.
std::unique_ptr<ls_buffer> new_buffer(const char* call, const ls_engine* engine, ls_element element, int64_t count, ls_buffer** buffer) {
  not_null(call, "engine", engine);
  not_null(call, "buffer", buffer);
  *buffer = nullptr;
  require(element >= LS_REAL && element <= LS_INT, call, ": expected element 0 (real), 1 (float) or 2 (int) but found ", element);
  require(count >= 1 && count <= kMostElements, call, ": expected a count from 1 to ", kMostElements, " but found ", count);
  engine->engine->enter();
  return std::unique_ptr<ls_buffer>(new ls_buffer{engine->engine, engine->ops, element, count, nullptr, nullptr});
}

// Checks the elements; returns their place.
char* elements_at(const char* call, const ls_buffer* buffer, bool wants_ints, int64_t offset, int64_t count, const void* data) {
  not_null(call, "buffer", buffer);
  require((buffer->element == LS_INT) == wants_ints, call, ": expected a buffer of ", wants_ints ? "ints" : "reals or floats", " but found one of ",
          Check::plural(buffer->element));
  require(offset >= 0 && count >= 0 && offset <= buffer->count && count <= buffer->count - offset, call, ": the buffer has ", buffer->count,
          " elements but ", count, " from ", offset, " were asked for");
  require(data || count == 0, call, ": data is NULL");
  buffer->engine->enter();
  return buffer->address + offset * element_bytes(*buffer->ops, buffer->element);
}

// The engine's own stream, which must be ordered with another one.
void* own_stream(const char* call, const ls_engine* engine, const void* other) {
  not_null(call, "engine", engine);
  engine->engine->enter();
  void* own = engine->ops->stream();
  require(own || !other, call, ": expected no stream on device ", engine->engine->device(), ", which has none, but found ", other);
  return own;
}

}  // namespace

extern "C" {

ls_status ls_buffer_open(ls_engine* engine, ls_element element, int64_t count, ls_buffer** buffer) {
  return guarded([&] {
    auto made = new_buffer("ls_buffer_open", engine, element, count, buffer);
    made->memory = std::make_unique<Arena>(engine->ops->memory());
    const int64_t bytes = Arena::rounded(count * element_bytes(*engine->ops, element));
    made->memory->reserve(bytes, sentence("a buffer of ", count, " ", Check::plural(element)));
    made->address = made->memory->take<char>(bytes);
    *buffer = made.release();
  });
}

ls_status ls_buffer_wrap(ls_engine* engine, ls_element element, void* address, int64_t count, ls_buffer** buffer) {
  return guarded([&] {
    auto made = new_buffer("ls_buffer_wrap", engine, element, count, buffer);
    not_null("ls_buffer_wrap", "address", address);
    require(reinterpret_cast<uintptr_t>(address) % 16 == 0, "ls_buffer_wrap: expected an address that is a multiple of 16 but found ", address);
    const int64_t bytes = count * element_bytes(*engine->ops, element);
    require(engine->ops->holds(address, bytes), "ls_buffer_wrap: expected ", bytes, " bytes of memory of device ", engine->engine->device(), " at ", address,
            " but they are not, or not all");
    made->address = static_cast<char*>(address);
    *buffer = made.release();
  });
}

void ls_buffer_close(ls_buffer* buffer) {
  if (!buffer) return;
  const std::shared_ptr<const AnyEngine> engine = buffer->engine;  // until the last of it is gone
  engine->enter();
  delete buffer;
}

int64_t ls_buffer_count(const ls_buffer* buffer) { return buffer ? buffer->count : 0; }

int64_t ls_buffer_bytes(const ls_buffer* buffer) { return buffer ? buffer->count * element_bytes(*buffer->ops, buffer->element) : 0; }

void* ls_buffer_address(const ls_buffer* buffer) { return buffer ? buffer->address : nullptr; }

ls_status ls_buffer_write(ls_buffer* buffer, int64_t offset, const float* data, int64_t count) {
  return guarded([&] {
    char* to = elements_at("ls_buffer_write", buffer, false, offset, count, data);
    if (buffer->element == LS_REAL) buffer->ops->write_reals(to, data, count);
    else buffer->ops->write(to, data, count * 4);
  });
}

ls_status ls_buffer_read(const ls_buffer* buffer, int64_t offset, float* data, int64_t count) {
  return guarded([&] {
    const char* from = elements_at("ls_buffer_read", buffer, false, offset, count, data);
    if (buffer->element == LS_REAL) buffer->ops->read_reals(data, from, count);
    else buffer->ops->read(data, from, count * 4);
  });
}

ls_status ls_buffer_write_ints(ls_buffer* buffer, int64_t offset, const int32_t* data, int64_t count) {
  return guarded([&] {
    char* to = elements_at("ls_buffer_write_ints", buffer, true, offset, count, data);
    buffer->ops->write(to, data, count * 4);
  });
}

ls_status ls_buffer_read_ints(const ls_buffer* buffer, int64_t offset, int32_t* data, int64_t count) {
  return guarded([&] {
    const char* from = elements_at("ls_buffer_read_ints", buffer, true, offset, count, data);
    buffer->ops->read(data, from, count * 4);
  });
}

ls_status ls_engine_synchronize(ls_engine* engine) {
  return guarded([&] {
    not_null("ls_engine_synchronize", "engine", engine);
    engine->engine->enter();
    engine->ops->synchronize();
  });
}

void* ls_engine_stream(const ls_engine* engine) {
  void* stream = nullptr;
  if (engine)
    guarded([&] {
      engine->engine->enter();
      stream = engine->ops->stream();
    });
  return stream;
}

ls_status ls_engine_wait_stream(ls_engine* engine, void* stream) {
  return guarded([&] {
    void* own = own_stream("ls_engine_wait_stream", engine, stream);
    engine->ops->order(stream, own);
  });
}

ls_status ls_engine_signal_stream(ls_engine* engine, void* stream) {
  return guarded([&] {
    void* own = own_stream("ls_engine_signal_stream", engine, stream);
    engine->ops->order(own, stream);
  });
}

}  // extern "C"
