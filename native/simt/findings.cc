// What the race detector found, in words.
#include "simt/race.h"
#include "simt/machine.h"

namespace simt {
namespace {

const char* verb(Access access) {
  switch (access) {
    case Access::read: return "read";
    case Access::write: return "write";
    case Access::atomic: return "atomic";
    case Access::copy: return "asynchronous copy";
    default: return "read by an engine";
  }
}

}  // namespace

std::string RaceDetector::text(const Finding& f) {
  const auto who = [&](int actor) {
    if (actor < threads_) return "thread " + std::to_string(actor) + " (warp " + std::to_string(actor / kLanes) + ")";
    if (actor < threads_ + kCopyEngines) return std::string("a copy engine");
    return "the tensor core of warpgroup " + std::to_string(actor - threads_ - kCopyEngines);
  };
  const std::vector<std::string> at = sites.names({f.first_site, f.second_site});
  const std::string first = std::string(verb(f.first)) + " at " + at[0], second = std::string(verb(f.second)) + " at " + at[1];
  const std::string shared = "shared memory +" + std::to_string(f.offset), in_block = ", block " + std::to_string(f.block);
  const std::string device = "device memory +" + std::to_string(f.offset) + " of " + std::to_string(f.bytes) + " bytes";
  switch (f.kind) {
    case Finding::conflict:
    case Finding::device_conflict:
      return "race on " + (f.kind == Finding::conflict ? shared : device) + ": " + first + " by " + who(f.first_actor) + ", then " + second + " by " +
             who(f.second_actor) + ", and nothing orders them" + in_block;
    case Finding::under_way:
      return shared + ": " + second + " by " + who(f.second_actor) + " while the " + first + " by " + who(f.first_actor) +
             " is under way: a wait is missing" + in_block;
    case Finding::uninitialized:
      return shared + ": " + second + " by " + who(f.second_actor) + ", but nobody wrote it" + in_block;
    case Finding::unfenced:
      return shared + ": " + first + " by " + who(f.first_actor) + ", then " + second + " by " + who(f.second_actor) +
             " without fence.proxy.async between" + in_block;
    case Finding::shared_bounds:
      return second + " of " + std::to_string(f.bytes) + " bytes by " + who(f.second_actor) + " outside of " + shared + ", which has " +
             std::to_string(shared_bytes_) + " bytes" + in_block;
    case Finding::device_bounds:
      return second + " by " + who(f.second_actor) + " outside of " + device + in_block;
    default:
      return "race on " + device + ": " + first + " by " + (f.first_actor < 0 ? "several blocks" : "block " + std::to_string(f.first_actor)) +
             ", then " + second + " by block " + std::to_string(f.second_actor) + " of the same launch";
  }
}

}  // namespace simt
