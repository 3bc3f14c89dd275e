// Passes that repeat, each started as one CUDA graph. A decoder step is some ten kernels a layer of a few µs each: one by one, they take the host
// longer to start than the GPU to run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/real.h"

namespace ls::LS_BACKEND {

class Graphs {
 public:
  Graphs() = default;
  ~Graphs();
  Graphs(const Graphs&) = delete;

  // Runs `launches`. key: every number of the host that they depend on, addresses included; all else that changes between two runs lies in the
  // backend's memory. The first run under a key is as it is (kernels are loaded, products planned), the second is recorded, from then on the record
  // is started.
  void run(const std::vector<int64_t>& key, const std::function<void()>& launches);
  int64_t replays() const { return replays_; }

 private:
  static constexpr size_t kMost = 64;  // edits that are ever new must not fill the memory

  void clear();

  std::map<std::vector<int64_t>, void*> graphs_;  // NULL after the first run
  int64_t replays_ = 0;
};

// "on", or why launches are not recorded: LODESTONE_GRAPHS=0, LODESTONE_SYNC=1, or what went wrong the first time it was tried in this process.
std::string graphs_state();

}  // namespace ls::LS_BACKEND
