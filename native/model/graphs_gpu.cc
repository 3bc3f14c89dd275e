#include "model/graphs.h"

#include <cstdlib>
#include <mutex>

namespace ls::LS_BACKEND {

namespace {

std::mutex failure_mutex;
std::string failure;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void* recorded(const std::function<void()>& launches) {
  try {
    return record_graph(launches);
  } catch (const Error& e) {
    const std::lock_guard lock(failure_mutex);
    failure = e.what();
    return nullptr;
  }
}

}  // namespace

std::string graphs_state() {
  if (environment("LODESTONE_GRAPHS") == "0") return "off (LODESTONE_GRAPHS=0)";
  if (const std::string sync = environment("LODESTONE_SYNC"); !sync.empty() && sync != "0") return sentence("off (LODESTONE_SYNC=", sync, ")");
  const std::lock_guard lock(failure_mutex);
  return failure.empty() ? "on" : "off: " + failure;
}

Graphs::~Graphs() { clear(); }

void Graphs::clear() {
  for (const auto& [key, graph] : graphs_) drop_graph(graph);
  graphs_.clear();
}

void Graphs::run(const std::vector<int64_t>& key, const std::function<void()>& launches) {
  if (graphs_state() != "on") return launches();
  if (graphs_.size() >= kMost && !graphs_.count(key)) clear();
  const auto [at, first] = graphs_.try_emplace(key, nullptr);
  if (first) return launches();
  if (!at->second) at->second = recorded(launches);
  if (!at->second) return launches();
  replay_graph(at->second);
  replays_++;
}

}  // namespace ls::LS_BACKEND
