// What code compiled with -fsanitize=thread calls on each access. The sanitizer's own runtime is not linked; these are its names.
#include <cstdint>

#include "simt/machine.h"

namespace simt {

bool instrumented;
bool detects_races() { return instrumented; }

}  // namespace simt

#if !defined(__SANITIZE_ADDRESS__)
namespace {

inline void seen(const void* p, unsigned long bytes, simt::Access access, const void* return_address) {
  using namespace simt;
  if (!here) return;
  Machine& m = machine();
  if (!m.race || !m.running || m.race->busy) return;
  const Context& own = m.self().context;
  if (static_cast<size_t>(static_cast<const char*>(p) - own.stack) < own.stack_bytes) return;  // a local variable
  m.race->busy = true;
  const Site site = m.race->sites.of_return_address(return_address);
  m.race->busy = false;
  touch(m, p, static_cast<int>(bytes), access, site);
}

}  // namespace

#define ACCESS(name, bytes, kind) \
  void __tsan_##name(void* p) { seen(p, bytes, simt::Access::kind, __builtin_return_address(0)); }
#define ACCESSES(bytes) ACCESS(read##bytes, bytes, read) ACCESS(write##bytes, bytes, write)
#define UNALIGNED(bytes) ACCESS(unaligned_read##bytes, bytes, read) ACCESS(unaligned_write##bytes, bytes, write)
// Host code in the same files may use std::atomic: these do what the compiler would have done.
#define ATOMICS(bits, T)                                                                                              \
  T __tsan_atomic##bits##_load(const volatile T* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }            \
  void __tsan_atomic##bits##_store(volatile T* p, T x, int) { __atomic_store_n(p, x, __ATOMIC_SEQ_CST); }            \
  T __tsan_atomic##bits##_exchange(volatile T* p, T x, int) { return __atomic_exchange_n(p, x, __ATOMIC_SEQ_CST); }  \
  T __tsan_atomic##bits##_fetch_add(volatile T* p, T x, int) { return __atomic_fetch_add(p, x, __ATOMIC_SEQ_CST); }  \
  T __tsan_atomic##bits##_fetch_sub(volatile T* p, T x, int) { return __atomic_fetch_sub(p, x, __ATOMIC_SEQ_CST); }  \
  T __tsan_atomic##bits##_fetch_and(volatile T* p, T x, int) { return __atomic_fetch_and(p, x, __ATOMIC_SEQ_CST); }  \
  T __tsan_atomic##bits##_fetch_or(volatile T* p, T x, int) { return __atomic_fetch_or(p, x, __ATOMIC_SEQ_CST); }    \
  T __tsan_atomic##bits##_fetch_xor(volatile T* p, T x, int) { return __atomic_fetch_xor(p, x, __ATOMIC_SEQ_CST); }  \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile T* p, T* expected, T x, int, int) {                     \
    return __atomic_compare_exchange_n(p, expected, x, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                   \
  }                                                                                                                   \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile T* p, T* expected, T x, int, int) {                       \
    return __atomic_compare_exchange_n(p, expected, x, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                    \
  }

extern "C" {
ACCESSES(1) ACCESSES(2) ACCESSES(4) ACCESSES(8) ACCESSES(16)
UNALIGNED(2) UNALIGNED(4) UNALIGNED(8) UNALIGNED(16)
ATOMICS(8, uint8_t) ATOMICS(16, uint16_t) ATOMICS(32, uint32_t) ATOMICS(64, uint64_t)
void __tsan_read_range(void* p, unsigned long bytes) { seen(p, bytes, simt::Access::read, __builtin_return_address(0)); }
void __tsan_write_range(void* p, unsigned long bytes) { seen(p, bytes, simt::Access::write, __builtin_return_address(0)); }
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void __tsan_init() { simt::instrumented = true; }
}
#endif
