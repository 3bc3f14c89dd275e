// What a use of a model takes, in bytes, before anything is taken.
#include <algorithm>

#include "model/decode.h"
#include "model/forward.h"
#include "model/model.h"
#include "model/trainer.h"

namespace ls::LS_BACKEND {

// Every size is the product of dimensions that elements() has bounded, so the sums stay far inside 64 bits.
ls_memory_plan Engine::plan(const ls_model_config& given, int64_t tokens, int64_t sequences, int64_t capacity,
                            const ls_train_options* training) const {
  const Config config = checked(given);
  require(tokens >= 1, "memory plan: expected at least 1 token but found ", tokens);
  require(sequences >= 0 && capacity >= 0, "memory plan: expected sequences and capacity of at least 0 but found ", sequences, " and ", capacity);
  elements(tokens);
  elements(sequences, capacity);

  ls_memory_plan plan{};
  Layout parameters;
  lay_out_weights<Real>(parameters, config, Scope());
  plan.parameters = parameters.bytes();
  if (!training) {
    const PassBytes pass = forward_bytes(config, tokens);
    plan.activations = pass.activations;
    plan.workspace = pass.workspace + RopeCache::bytes(config, std::max(tokens, capacity)) + Decoder::step_bytes(config, sequences, capacity);
    plan.cache = Decoder::cache_bytes(config, sequences, capacity);
  } else {
    const Scope scope = checked_scope(*training, config);
    const TrainBytes train = train_bytes(config, scope, tokens, recompute_levels(config, training->recompute), training->atomics != 0);
    plan.parameters += train.weights;
    for (const Tensor& tensor : trained_table(config, scope)) plan.trained += tensor.count();
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
