#include "model/model.h"
#include "runtime/gpu.h"

#define LS_QUOTED_NAME(name) #name
#define LS_QUOTED(name) LS_QUOTED_NAME(name)

namespace ls::LS_BACKEND {

Engine::Engine(int threads) : threads_(threads > 0 ? threads : usable_threads()) {
  open_device();
  stream_ = make_stream();
}

Engine::~Engine() { drop_stream(stream_); }

void Engine::enter() const {
  use_threads(threads_);
  use_stream(stream_);
}

std::string Engine::device() const { return LS_QUOTED(LS_BACKEND); }

std::string Engine::description() const { return sentence("\"threads\":", threads_, ",\"gpu\":\"", describe(), "\""); }

std::shared_ptr<AnyModel> Engine::open_model(const ls_model_config& config) const {
  return std::make_shared<Model>(shared_from_this(), config);
}

std::shared_ptr<const AnyEngine> open_engine(int threads) { return std::make_shared<Engine>(threads); }

}  // namespace ls::LS_BACKEND
