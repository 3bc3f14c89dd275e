#include "model/graphs.h"
#include "model/model.h"
#include "ops/linear/linear.h"
#include "runtime/isa.h"

namespace ls::cpu {

Engine::Engine(int threads) : threads_(threads > 0 ? threads : usable_threads()) {}
Engine::~Engine() = default;

void Engine::enter() const { use_threads(threads_); }

std::string Engine::device() const { return "cpu"; }

std::string Engine::description() const {
  return sentence("\"real\":\"fp32\",\"threads\":", threads_, ",\"isa\":\"", isa_name(isa()), "\",\"gemm\":\"", gemm_name(),
                  "\",\"graphs\":\"", graphs_state(), "\"");
}

std::shared_ptr<AnyModel> Engine::open_model(const ls_model_config& config) const {
  return std::make_shared<Model>(shared_from_this(), config);
}

std::shared_ptr<const AnyEngine> open_engine(int threads) { return std::make_shared<Engine>(threads); }

}  // namespace ls::cpu
