#include "model/graphs.h"
#include "model/model.h"
#include "ops/linear/linear.h"
#include "runtime/gpu.h"

#define LS_QUOTED_NAME(name) #name
#define LS_QUOTED(name) LS_QUOTED_NAME(name)

namespace ls::LS_BACKEND {

Engine::Engine(int threads) : threads_(threads > 0 ? threads : usable_threads()) {
  open_device();
  gemm_name();  // who has a GPU but no library of products learns it now
  stream_ = make_stream();
}

Engine::~Engine() {
  use_stream(stream_);
  release_products();
  drop_stream(stream_);
}

void Engine::enter() const {
  use_threads(threads_);
  use_stream(stream_);
}

std::string Engine::device() const { return LS_QUOTED(LS_BACKEND); }

std::string Engine::description() const {
  return sentence("\"real\":\"bf16\",\"threads\":", threads_, ",\"gpu\":\"", describe(), "\",\"gemm\":\"", gemm_name(), "\",\"graphs\":\"",
                  escaped(graphs_state()), "\"");
}

std::shared_ptr<AnyModel> Engine::open_model(const ls_model_config& config) const {
  const int64_t dim = config.head_dim;
  checked(config);
  if (dim != 16 && dim != 32 && dim != 64 && dim != 128)
    fail(LS_UNSUPPORTED, "attention on a GPU needs a head_dim of 16, 32, 64 or 128 but the model has ", dim, ": use device cpu");
  return std::make_shared<Model>(shared_from_this(), config);
}

std::shared_ptr<const AnyEngine> open_engine(int threads) { return std::make_shared<Engine>(threads); }

}  // namespace ls::LS_BACKEND
