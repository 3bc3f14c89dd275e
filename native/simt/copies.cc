// cp.async: 16 bytes at a time from global to shared memory. What the thread copies becomes readable when it has waited for its group; until then the
// destination is poisoned, unless the schedule lets copies land early.
#include "simt/machine.h"

namespace simt {

namespace {

bool lands_early(Machine& m) {
  return m.schedule == Schedule::reverse || (m.schedule == Schedule::random && m.random() % 2);
}

void land(CopyAsync& copy) {
  if (copy.valid) memcpy(copy.to, copy.from, copy.bytes);
  else memset(copy.to, 0, copy.bytes);
  copy.landed = true;
}

}  // namespace

void copy_async(void* to, const void* from, int bytes, bool valid, Location at) {
  Machine& m = machine();
  if (!m.in_shared(to, bytes)) fail(at, "cp.async: the destination is not in the block's shared memory");
  if (reinterpret_cast<uintptr_t>(to) % bytes) fail(at, "cp.async: the destination is not aligned to %d bytes", bytes);
  if (valid && reinterpret_cast<uintptr_t>(from) % bytes) fail(at, "cp.async: the source is not aligned to %d bytes", bytes);
  touch(to, bytes, Access::copy, at);
  if (valid) touch(from, bytes, Access::read, at);
  Fiber& me = m.self();
  me.copies.push_back({to, from, bytes, valid, false, at});
  memset(to, kPoison, bytes);
  if (lands_early(m)) land(me.copies.back());
}

void copy_async_commit() {
  Fiber& me = machine().self();
  me.group_ends.push_back(me.copies.size());
}

void copy_async_wait(int pending, Location) {
  Machine& m = machine();
  Fiber& me = m.self();
  if (static_cast<int>(me.group_ends.size()) <= pending) return;
  const size_t groups = me.group_ends.size() - pending, done = me.group_ends[groups - 1];
  for (size_t i = 0; i < done; i++) {
    CopyAsync& copy = me.copies[i];
    if (!copy.landed) land(copy);
    if (m.race) m.race->landed(static_cast<unsigned char*>(copy.to) - m.shared, copy.bytes, me.linear);
  }
  me.copies.erase(me.copies.begin(), me.copies.begin() + done);
  me.group_ends.erase(me.group_ends.begin(), me.group_ends.begin() + groups);
  for (size_t& end : me.group_ends) end -= done;
}

}  // namespace simt
