// One block of memory for a pass or a training step: planned first, taken once, reused from step to step. On the host it is 2 MiB-aligned and advised for
// huge pages: fresh 4 KiB pages cost about half the time of attention on large buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ls {

// Bytes that this process may still take: the smaller of free system memory and the room under its cgroup's limit.
int64_t available_memory();

// "1.50 GiB"
std::string human_bytes(int64_t bytes);

// Where an arena's block comes from.
struct MemorySource {
  void* (*take)(int64_t bytes, const std::string& what);  // zeroed; throws LS_OUT_OF_MEMORY
  void (*give)(void* block, int64_t bytes);
  int64_t (*available)();                                 // bytes that take could give now
  int64_t (*rounded)(int64_t bytes);                      // what a block of at least `bytes` really takes
};
extern const MemorySource kHostMemory;

class Arena {
 public:
  explicit Arena(const MemorySource& source = kHostMemory) : source_(source) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Makes room for `bytes`, dropping what was there. Refuses with LS_OUT_OF_MEMORY, both numbers and `what` (e.g. "training step of 8,192 tokens")
  // before taking anything. Keeps the block, and what is in it, if it is large enough already; a new block is zero.
  void reserve(int64_t bytes, const std::string& what);
  void reset() { used_ = 0; }  // everything handed out is free again
  void release();              // back to the system

  // `count` elements at a 64-byte boundary; the caller planned them.
  template <class T>
  T* take(int64_t count) { return static_cast<T*>(take_bytes(count * int64_t{sizeof(T)})); }
  static int64_t rounded(int64_t bytes) { return (bytes + 63) / 64 * 64; }

  int64_t capacity() const { return capacity_; }

 private:
  void* take_bytes(int64_t bytes);

  const MemorySource& source_;
  char* base_ = nullptr;
  int64_t capacity_ = 0;
  int64_t used_ = 0;
};

// A table of buffers laid out twice by the same code: once to count the bytes, once to hand out the memory.
//   Layout plan;            activations.lay_out(plan, sizes);   arena.reserve(plan.bytes(), ...);
//   Layout real(arena);     activations.lay_out(real, sizes);
class Layout {
 public:
  Layout() = default;                                 // counts only; take returns nullptr
  explicit Layout(Arena& arena) : arena_(&arena) {}
  template <class T>
  T* take(int64_t count) {
    bytes_ += Arena::rounded(count * int64_t{sizeof(T)});
    return arena_ ? arena_->take<T>(count) : nullptr;
  }
  int64_t bytes() const { return bytes_; }

 private:
  Arena* arena_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace ls
