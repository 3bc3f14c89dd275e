// Addresses in shared memory as instructions see them: offsets from its start.
#include "simt/machine.h"

namespace simt {

uint32_t shared_offset(const void* p, Location at) {
  Machine& m = machine();
  const ptrdiff_t offset = static_cast<const unsigned char*>(p) - m.shared;
  if (offset < 0 || static_cast<size_t>(offset) > m.shared_bytes) fail(at, "an address that is not in the block's shared memory");
  return static_cast<uint32_t>(offset);
}

}  // namespace simt
