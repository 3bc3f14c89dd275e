#include "model/trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/backward.h"
#include "ops/adamw/adamw.h"
#include "runtime/threads.h"

namespace ls {

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

TrainBytes train_bytes(const Config& config, ls_mode mode, int64_t tokens) {
  Layout gradients, moments, activations, workspace;
  lay_out_weights(gradients, config, mode);
  for (int i = 0; i < 2; i++) lay_out_weights(moments, config, mode);
  TrainBuffers buffers;
  buffers.lay_out_activations(activations, config, tokens);
  buffers.lay_out_workspace(workspace, config, tokens);
  return {gradients.bytes(), moments.bytes(), activations.bytes(), workspace.bytes() + RopeCache::bytes(config, tokens)};
}

Trainer::Trainer(std::shared_ptr<Model> model, const ls_train_options& options)
    : model_(std::move(model)), options_(checked(options)), mode_(static_cast<ls_mode>(options.mode)) {
  const Config& c = model_->config;
  for (size_t i = 0; i < model_->table.size(); i++)
    if (trains(mode_, model_->table[i].field)) trained_.push_back(static_cast<int64_t>(i));
  const TrainBytes need = train_bytes(c, mode_, options_.max_tokens);
  bytes_ = need.gradients + need.optimizer + need.activations + need.workspace;
  arena_.reserve(bytes_ - RopeCache::bytes(c, options_.max_tokens),
                 sentence("training on ", options_.max_tokens, " tokens (gradients ", human_bytes(need.gradients), ", optimizer ",
                          human_bytes(need.optimizer), ", activations ", human_bytes(need.activations), ", workspace ",
                          human_bytes(need.workspace), ")"));
  Layout real(arena_);
  gradient_floats_ = need.gradients / static_cast<int64_t>(sizeof(float));
  gradients_ = lay_out_weights(real, c, mode_);
  gradient_block_ = state(0, LS_GRADIENT);  // the first tensor of the table lies first
  moment1_ = lay_out_weights(real, c, mode_);
  moment2_ = lay_out_weights(real, c, mode_);
  buffers_.lay_out_activations(real, c, options_.max_tokens);
  buffers_.lay_out_workspace(real, c, options_.max_tokens);
}

float* Trainer::state(int64_t i, ls_trainer_state state) const {
  const Weights& weights = state == LS_GRADIENT ? gradients_ : state == LS_MOMENT1 ? moment1_ : moment2_;
  return find(weights, model_->table[trained_[i]]);
}

ls_step_result Trainer::run(int64_t count, const ls_batch* batches, bool update_weights, double learning_rate) {
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

  parallel_ranges(gradient_floats_, 1 << 18, [&](int64_t begin, int64_t end) { std::fill(gradient_block_ + begin, gradient_block_ + end, 0.0f); });
  for (const Batch& batch : all) {
    rope_.prepare(c, batch.longest);
    result.loss += forward_and_backward({*model_, rope_, batch, buffers_, mode_, gradients_, denominator});
  }
  result.grad_norm = gradient_norm();
  if (update_weights && std::isfinite(result.loss) && std::isfinite(result.grad_norm)) update(learning_rate, result.grad_norm);
  return result;
}

// In double and tensor by tensor, in the order of the table.
double Trainer::gradient_norm() const {
  double sum = 0;
  for (size_t i = 0; i < trained_.size(); i++) {
    double one = 0;
    cpu::sum_of_squares({model_->table[trained_[i]].count(), state(i, LS_GRADIENT), &one});
    sum += one;
  }
  return std::sqrt(sum);
}

void Trainer::update(double learning_rate, double norm) {
  // PyTorch's clip_grad_norm_: the factor is clip/(norm + 1e-6), at most 1.
  const double scale = options_.clip > 0 ? std::min(1.0, options_.clip / (norm + 1e-6)) : 1.0;
  steps++;
  for (size_t i = 0; i < trained_.size(); i++) {
    const Tensor& tensor = model_->table[trained_[i]];
    const bool bias = tensor.field == Field::qkv_bias;
    const bool norm_weight = tensor.rank == 1 && !bias;
    const double decay = (options_.no_decay_bias && bias) || (options_.no_decay_norm && norm_weight) ? 0.0 : options_.weight_decay;
    cpu::adamw({tensor.count(), find(model_->weights, tensor), state(i, LS_MOMENT1), state(i, LS_MOMENT2), state(i, LS_GRADIENT), learning_rate,
                options_.beta1, options_.beta2, options_.eps, decay, scale, steps});
  }
}

}  // namespace ls
