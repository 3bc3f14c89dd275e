// Places in the source that the race detector remembers in 16 bits each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simt/thread.h"

namespace simt {

using Site = uint16_t;  // 0: unknown

class Sites {
 public:
  Site of(Location at) { return find(at.file, static_cast<uintptr_t>(at.line)); }
  Site of_return_address(const void* pc) { return find(nullptr, reinterpret_cast<uintptr_t>(pc) - 1); }  // inside of the call
  // "softmax.h:31", or what addr2line (binutils) makes of an address.
  std::vector<std::string> names(const std::vector<Site>& sites);

 private:
  struct Place {
    const char* file;    // null:
    uintptr_t position;  // an address in the code; otherwise a line
  };
  Site find(const char* file, uintptr_t position);

  static constexpr Site kMost = 8191;
  Place places_[kMost + 1] = {};
  Site table_[2 * (kMost + 1)] = {};
  int count_ = 0;
  std::map<Site, std::string> names_;  // of those that were asked for
};

}  // namespace simt
