#include "simt/fiber.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

asm(R"(
.text
.globl ls_simt_switch
.hidden ls_simt_switch
.type ls_simt_switch, @function
ls_simt_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size ls_simt_switch, .-ls_simt_switch
)");
extern "C" __attribute__((visibility("hidden"))) void ls_simt_switch(void** save, void* to);

namespace simt {
namespace {

constexpr size_t kPage = 4096;
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStackBytes = 512 * 1024;  // red zones, unoptimised frames
#else
constexpr size_t kStackBytes = 128 * 1024;
#endif
constexpr size_t kStride = kStackBytes + kPage;
constexpr int kSavedRegisters = 6;

}  // namespace

Context own_context() {
  Context context;
  pthread_attr_t attributes;
  void* low;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &low, &context.stack_bytes);
  pthread_attr_destroy(&attributes);
  context.stack = static_cast<char*>(low);
  return context;
}

void prepare(Context& context, void (*entry)()) {
  void** top = reinterpret_cast<void**>(context.stack + context.stack_bytes);
  *--top = nullptr;  // entry's return address: unwinders stop here, and the stack is aligned as after a call
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < kSavedRegisters; i++) *--top = nullptr;
  context.stack_pointer = top;
  context.shadow = nullptr;
}

void switch_context(Context& from, Context& to, bool finished) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(finished ? nullptr : &from.shadow, to.stack, to.stack_bytes);
  ls_simt_switch(&from.stack_pointer, to.stack_pointer);
  __sanitizer_finish_switch_fiber(from.shadow, nullptr, nullptr);
#else
  (void)finished;
  ls_simt_switch(&from.stack_pointer, to.stack_pointer);
#endif
}

void entered() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

Stacks::~Stacks() {
  forget();
  if (memory_) munmap(memory_, count_ * kStride);
}

void Stacks::reserve(size_t count) {
  if (count <= count_) return;
  this->~Stacks();
  memory_ = nullptr;
  count_ = 0;
  void* memory = mmap(nullptr, count * kStride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
  count_ = count;
  for (size_t i = 0; i < count; i++) mprotect(memory_ + i * kStride, kPage, PROT_NONE);
}

void Stacks::assign(Context& context, size_t index) {
  context.stack = memory_ + index * kStride + kPage;
  context.stack_bytes = kStackBytes;
}

void Stacks::forget() {
#if defined(__SANITIZE_ADDRESS__)
  if (memory_) __asan_unpoison_memory_region(memory_, count_ * kStride);
#endif
}

}  // namespace simt
