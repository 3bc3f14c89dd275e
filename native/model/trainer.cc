#include "model/trainer.h"

#include <cmath>
#include <utility>

#include "model/backward.h"

namespace ls::LS_BACKEND {

namespace {

ls_train_options checked(const ls_train_options& o) {
  require(o.mode == LS_TRAIN_ALL || o.mode == LS_TRAIN_ATTENTION, "training: expected mode 1 (all) or 2 (attention) but found ", o.mode);
  require(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1, "training: expected betas from 0 to below 1 but found ", o.beta1, " and ",
          o.beta2);
  require(o.eps >= 0 && std::isfinite(o.eps), "training: expected an eps of at least 0 but found ", o.eps);
  require(o.weight_decay >= 0 && std::isfinite(o.weight_decay), "training: expected a weight_decay of at least 0 but found ", o.weight_decay);
  require(o.clip >= 0 && std::isfinite(o.clip), "training: expected a clip of at least 0 (0 = none) but found ", o.clip);
  require(o.max_tokens >= 1 && o.max_tokens <= INT32_MAX, "training: expected max_tokens from 1 to ", INT32_MAX, " but found ", o.max_tokens);
  return o;
}

}  // namespace

TrainBytes train_bytes(const Config& config, ls_mode mode, int64_t tokens, const std::vector<int32_t>& recompute, bool atomics) {
  Layout activations, workspace;
  TrainBuffers buffers;
  buffers.levels = recompute;
  buffers.atomics = atomics;
  buffers.lay_out_activations(activations, config, tokens);
  buffers.lay_out_workspace(workspace, config, tokens);
  return {Optimizer::gradient_bytes(config, mode), Optimizer::state_bytes(config, mode), activations.bytes(),
          workspace.bytes() + RopeCache::bytes(config, tokens)};
}

Trainer::Trainer(std::shared_ptr<Model> model, const ls_train_options& options)
    : model_(std::move(model)), options_(checked(options)), mode_(static_cast<ls_mode>(options.mode)), optimizer_(*model_, options_, trained_) {
  const Config& c = model_->config;
  for (size_t i = 0; i < model_->table.size(); i++)
    if (trains(mode_, model_->table[i].field)) trained_.push_back(static_cast<int64_t>(i));
  buffers_.levels = recompute_levels(c, options.recompute);
  buffers_.atomics = options.atomics;
  const TrainBytes need = train_bytes(c, mode_, options_.max_tokens, buffers_.levels, buffers_.atomics);
  bytes_ = need.gradients + need.optimizer + need.activations + need.workspace;
  arena_.reserve(bytes_ - RopeCache::bytes(c, options_.max_tokens),
                 sentence("training on ", options_.max_tokens, " tokens (gradients ", human_bytes(need.gradients), ", optimizer ",
                          human_bytes(need.optimizer), ", activations ", human_bytes(need.activations), ", workspace ",
                          human_bytes(need.workspace), ")"));
  Layout real(arena_);
  optimizer_.lay_out(real);
  buffers_.lay_out_activations(real, c, options_.max_tokens);
  buffers_.lay_out_workspace(real, c, options_.max_tokens);
  optimizer_.open();
}

void Trainer::read(int64_t i, ls_trainer_state state, int64_t offset, float* data, int64_t count) const {
  optimizer_.read(model_->table[trained_[i]], state, offset, data, count);
}

void Trainer::write(int64_t i, ls_trainer_state state, int64_t offset, const float* data, int64_t count) {
  optimizer_.write(model_->table[trained_[i]], state, offset, data, count);
}

ls_step_result Trainer::run(int64_t count, const ls_batch* batches, bool update, double learning_rate) {
  const Config& c = model_->config;
  require(count >= 1 && batches, "training step: expected at least one batch but found ", count);
  require(std::isfinite(learning_rate) && learning_rate >= 0, "training step: expected a learning rate of at least 0 but found ", learning_rate);
  std::vector<Batch> all;
  double denominator = 0;
  ls_step_result result{};
  for (int64_t i = 0; i < count; i++) {
    require(batches[i].tokens <= options_.max_tokens, "training step: batch ", i, " has ", batches[i].tokens,
            " tokens but the trainer was opened for ", options_.max_tokens);
    require(batches[i].labels != nullptr, "training step: batch ", i, " has no labels");
    all.push_back(ls::checked(batches[i], c));
    denominator += all.back().weight_sum;
    result.labelled += static_cast<int64_t>(all.back().labelled.size());
  }
  require(denominator > 0, "training step: no token of the ", count, " batches has a loss (labels, weights)");

  optimizer_.zero_gradients();
  fill_zero(buffers_.loss, sizeof(double));
  for (const Batch& batch : all) {
    if (batch.labelled.empty()) continue;
    rope_.prepare(c, batch.longest);
    buffers_.inputs.fill(batch, true);
    forward_and_backward({*model_, rope_, batch, buffers_, mode_, optimizer_.gradients(), denominator});
  }
  const StepScalars scalars = optimizer_.finish(buffers_.loss, update, learning_rate, steps + 1);
  result.loss = scalars.loss;
  result.grad_norm = scalars.norm;
  if (update && std::isfinite(result.loss) && std::isfinite(result.grad_norm)) steps++;
  return result;
}

}  // namespace ls::LS_BACKEND
