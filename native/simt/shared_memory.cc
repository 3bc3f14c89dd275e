// Memory as instructions and the race detector see it.
#include "simt/device_memory.h"
#include "simt/machine.h"

namespace simt {

uint32_t shared_offset(const void* p, Location at) {
  Machine& m = machine();
  const ptrdiff_t offset = static_cast<const unsigned char*>(p) - m.shared;
  if (offset < 0 || static_cast<size_t>(offset) > m.shared_bytes) fail(at, "an address that is not in the block's shared memory");
  return static_cast<uint32_t>(offset);
}

void touch(Machine& m, const void* p, int bytes, Access access, Site site) {
  const int actor = m.running->linear;
  const int64_t offset = static_cast<const unsigned char*>(p) - m.shared, slack = kSharedSlack;
  m.race->busy = true;
  const bool inside = offset >= -slack && offset < static_cast<int64_t>(m.shared_bytes) + slack
                          ? m.race->shared(actor, offset, bytes, access, site)
                          : m.device->access(*m.race, actor, reinterpret_cast<uintptr_t>(p), bytes, access, site);
  m.race->busy = false;
  if (!inside) abandon();
}

}  // namespace simt
