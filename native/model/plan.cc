// What a use of a model takes, in bytes, before anything is taken.
#include <algorithm>

#include "model/decode.h"
#include "model/forward.h"
#include "model/model.h"
#include "model/trainer.h"

namespace ls::LS_BACKEND {

// Every size is the product of dimensions that elements() has bounded, so the sums stay far inside 64 bits.
ls_memory_plan Engine::plan(const ls_model_config& given, ls_mode mode, int64_t tokens, int64_t sequences, int64_t capacity,
                            const int32_t* recompute, bool atomics) const {
  const Config config = checked(given);
  require(mode >= LS_INFERENCE && mode <= LS_TRAIN_ATTENTION, "memory plan: expected a mode from 0 (inference) to 2 (attention) but found ", mode);
  require(tokens >= 1, "memory plan: expected at least 1 token but found ", tokens);
  require(sequences >= 0 && capacity >= 0, "memory plan: expected sequences and capacity of at least 0 but found ", sequences, " and ", capacity);
  elements(tokens);
  elements(sequences, capacity);

  ls_memory_plan plan{};
  Layout parameters;
  lay_out_weights<Real>(parameters, config, LS_TRAIN_ALL);
  plan.parameters = parameters.bytes();
  if (mode == LS_INFERENCE) {
    const PassBytes pass = forward_bytes(config, tokens);
    plan.activations = pass.activations;
    plan.workspace = pass.workspace + RopeCache::bytes(config, std::max(tokens, capacity)) + Decoder::step_bytes(config, sequences, capacity);
    plan.cache = Decoder::cache_bytes(config, sequences, capacity);
  } else {
    const TrainBytes train = train_bytes(config, mode, tokens, recompute_levels(config, recompute), atomics);
    plan.gradients = train.gradients;
    plan.optimizer = train.optimizer;
    plan.activations = train.activations;
    plan.workspace = train.workspace;
  }
  plan.total = plan.parameters + plan.gradients + plan.optimizer + plan.activations + plan.workspace + plan.cache;
  plan.available = available();
  return plan;
}

}  // namespace ls::LS_BACKEND
