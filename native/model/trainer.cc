#include "model/trainer.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "model/backward.h"
#include "ops/lora/lora.h"
#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

namespace {

ls_train_options checked(const ls_train_options& o) {
  require(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1, "training: expected betas from 0 to below 1 but found ", o.beta1, " and ",
          o.beta2);
  require(o.eps >= 0 && std::isfinite(o.eps), "training: expected an eps of at least 0 but found ", o.eps);
  require(o.weight_decay >= 0 && std::isfinite(o.weight_decay), "training: expected a weight_decay of at least 0 but found ", o.weight_decay);
  require(o.clip >= 0 && std::isfinite(o.clip), "training: expected a clip of at least 0 (0 = none) but found ", o.clip);
  require(o.max_tokens >= 1 && o.max_tokens <= INT32_MAX, "training: expected max_tokens from 1 to ", INT32_MAX, " but found ", o.max_tokens);
  return o;
}

}  // namespace

TrainBytes train_bytes(const Config& config, const Scope& scope, int64_t tokens, const std::vector<int32_t>& recompute,
                       bool atomics) {
  Layout weights, activations, workspace;
  TrainBuffers buffers;
  if (scope.apart()) lay_out_weights<Real>(weights, config, scope);
  buffers.levels = recompute;
  buffers.lowest = scope.lowest_layer();
  buffers.adapter_width = scope.adapter_width();
  buffers.atomics = atomics;
  buffers.lay_out_activations(activations, config, tokens);
  buffers.lay_out_workspace(workspace, config, tokens);
  return {weights.bytes(), Optimizer::gradient_bytes(config, scope), Optimizer::state_bytes(config, scope), activations.bytes(),
          workspace.bytes() + RopeCache::bytes(config, tokens)};
}

Trainer::Trainer(std::shared_ptr<Model> model, const ls_train_options& options)
    : model_(std::move(model)),
      options_(checked(options)),
      scope_(checked_scope(options_, model_->config)),
      table_(trained_table(model_->config, scope_)),
      slices_(scope_.mode == LS_TRAIN_HEADS ? head_slices(model_->config, scope_) : std::vector<Slice>()),
      optimizer_(model_->config, options_, scope_, table_, weights_) {
  const Config& c = model_->config;
  buffers_.levels = recompute_levels(c, options.recompute);
  buffers_.lowest = scope_.lowest_layer();
  buffers_.adapter_width = scope_.adapter_width();
  buffers_.atomics = options_.atomics != 0;
  const TrainBytes need = train_bytes(c, scope_, options_.max_tokens, buffers_.levels, buffers_.atomics);
  bytes_ = need.total();
  arena_.reserve(bytes_ - RopeCache::bytes(c, options_.max_tokens),
                 sentence("training on ", options_.max_tokens, " tokens (gradients ", human_bytes(need.gradients), ", optimizer ",
                          human_bytes(need.optimizer), ", activations ", human_bytes(need.activations), ", workspace ",
                          human_bytes(need.workspace), ")"));
  Layout real(arena_);
  weights_ = scope_.apart() ? lay_out_weights<Real>(real, c, scope_) : model_->weights;
  for (const Slice& slice : slices_) take(slice);
  optimizer_.lay_out(real);
  buffers_.lay_out_activations(real, c, options_.max_tokens);
  buffers_.lay_out_workspace(real, c, options_.max_tokens);
  optimizer_.open();
  if (scope_.mode == LS_TRAIN_LORA) open_adapters();
}

// A as PEFT begins it: Kaiming's uniform distribution with a = sqrt(5), which is ±1/sqrt(in). B is zero.
void Trainer::open_adapters() {
  std::mt19937_64 random(scope_.seed);
  for (const Tensor& tensor : table_) {
    if (tensor.name.find("lora_A") == std::string::npos) continue;
    const double bound = 1 / std::sqrt(static_cast<double>(tensor.columns));
    std::vector<float> values(tensor.count());
    for (float& value : values) value = static_cast<float>(bound * (0x1p-52 * static_cast<double>(random() >> 11) - 1));  // 53 bits, −1 to below 1
    optimizer_.write(tensor, LS_WEIGHT, 0, values.data(), tensor.count());
  }
}

void Trainer::take(const Slice& s) {
  const Tensor field{"", 0, 0, 0, s.tensor.field, s.tensor.layer, s.offset};
  copy_strided({s.tensor.rows, s.tensor.columns, find(model_->weights, field), s.stride, find(weights_, s.tensor), s.tensor.columns});
}

void Trainer::put(const Slice& s) {
  const Tensor field{"", 0, 0, 0, s.tensor.field, s.tensor.layer, s.offset};
  copy_strided({s.tensor.rows, s.tensor.columns, find(weights_, s.tensor), s.tensor.columns, find(model_->weights, field), s.stride});
}

void Trainer::read(int64_t i, ls_trainer_state state, int64_t offset, float* data, int64_t count) const {
  optimizer_.read(table_[i], state, offset, data, count);
}

void Trainer::write(int64_t i, ls_trainer_state state, int64_t offset, const float* data, int64_t count) {
  optimizer_.write(table_[i], state, offset, data, count);
  if (state == LS_WEIGHT && !slices_.empty()) put(slices_[i]);
}

// On the host and in fp32, whatever the backend: of the fp32 matrices of the adapter.
void Trainer::read_merged(const Tensor& tensor, int64_t offset, float* data, int64_t count) const {
  const auto part = [&](const char* kind) {  // of the adapter
    const std::string name = tensor.name.substr(0, tensor.name.rfind("weight")) + kind;
    return std::find_if(table_.begin(), table_.end(), [&](const Tensor& t) { return t.name == name; });
  };
  const auto a = part("lora_A.weight"), b = part("lora_B.weight");
  if (a == table_.end() || count == 0) return model_->read(tensor, offset, data, count);
  const int64_t first = offset / tensor.columns, rows = (offset + count - 1) / tensor.columns + 1 - first;
  std::vector<float> a_values(a->count()), b_values(rows * b->columns), weight(rows * tensor.columns);
  optimizer_.read(*a, LS_WEIGHT, 0, a_values.data(), a->count());
  optimizer_.read(*b, LS_WEIGHT, first * b->columns, b_values.data(), rows * b->columns);
  model_->read(tensor, first * tensor.columns, weight.data(), rows * tensor.columns);
  cpu::lora_merge({tensor.columns, rows, scope_.rank, scope_.scale, a_values.data(), b_values.data(), weight.data()});
  std::copy_n(weight.begin() + (offset - first * tensor.columns), count, data);
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
    forward_and_backward({*model_, rope_, batch, buffers_, scope_, weights_, optimizer_.gradients(), denominator});
  }
  const StepScalars scalars = optimizer_.finish(buffers_.loss, update, learning_rate, steps + 1);
  result.loss = scalars.loss;
  result.grad_norm = scalars.norm;
  if (update && std::isfinite(result.loss) && std::isfinite(result.grad_norm)) {
    steps++;
    for (const Slice& slice : slices_) put(slice);
  }
  return result;
}

}  // namespace ls::LS_BACKEND
