// Fibers: stacks that the scheduler switches between, x86-64. A switch saves the six registers a call must preserve and costs a few nanoseconds.
#pragma once

#include <cstddef>

namespace simt {

struct Context {
  void* stack_pointer = nullptr;
  char* stack = nullptr;  // its lowest byte
  size_t stack_bytes = 0;
  void* shadow = nullptr;  // the address sanitizer's
};

// The stack the calling thread came with.
Context own_context();
// Makes a context that will begin in entry, which must never return.
void prepare(Context& context, void (*entry)());
// Goes on in `to`; returns when somebody switches back to `from`. A `from` that is finished is never resumed.
void switch_context(Context& from, Context& to, bool finished = false);
// First call of an entry.
void entered();

// Stacks for `count` fibers, each above a page that must not be touched. Kept until more are wanted.
class Stacks {
 public:
  ~Stacks();
  void reserve(size_t count);
  void assign(Context& context, size_t index);
  void forget();  // what the sanitizer knows of abandoned frames

 private:
  char* memory_ = nullptr;
  size_t count_ = 0;
};

}  // namespace simt
