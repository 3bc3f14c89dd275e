#include "model/graphs.h"

namespace ls::cpu {

Graphs::~Graphs() = default;

std::string graphs_state() { return "none on the CPU"; }

void Graphs::run(const std::vector<int64_t>&, const std::function<void()>& launches) { launches(); }

}  // namespace ls::cpu
