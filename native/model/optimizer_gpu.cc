#include <cmath>

#include "model/optimizer.h"
#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

namespace {

constexpr int64_t kScalars = 1 + kSumOfSquaresWorkspace;

int64_t trained_tensors(const Config& c, ls_mode mode) {
  int64_t count = 0;
  for (const Tensor& tensor : parameter_table(c)) count += trains(mode, tensor.field);
  return count;
}

}  // namespace

// Two moments and the fp32 weights that the model's are rounded from; the table and scalars of the launches.
int64_t Optimizer::state_bytes(const Config& c, ls_mode mode) {
  return 3 * gradient_bytes(c, mode) + Arena::rounded(trained_tensors(c, mode) * static_cast<int64_t>(sizeof(AdamWTensor))) +
         Arena::rounded(kScalars * static_cast<int64_t>(sizeof(double)));
}

void Optimizer::lay_out(Layout& layout) {
  const Config& c = model_.config;
  const auto mode = static_cast<ls_mode>(options_.mode);
  gradient_floats_ = gradient_bytes(c, mode) / static_cast<int64_t>(sizeof(float));
  for (Weights<float>* one : {&gradients_, &moment1_, &moment2_, &master_}) *one = lay_out_weights<float>(layout, c, mode);
  tensors_ = layout.take<AdamWTensor>(static_cast<int64_t>(trained_.size()));
  scalars_ = layout.take<double>(kScalars);
}

void Optimizer::open() {
  std::vector<AdamWTensor> table;
  for (int64_t i : trained_) {
    const Tensor& t = model_.table[i];
    widen({t.count(), find(model_.weights, t), find(master_, t)});
    table.push_back({t.count(), find(model_.weights, t), find(master_, t), find(moment1_, t), find(moment2_, t), find(gradients_, t), decay(t), 0});
  }
  blocks_ = number_adamw_blocks(table.data(), static_cast<int64_t>(table.size()));
  upload_all(tensors_, table.data(), static_cast<int64_t>(table.size()));
}

StepScalars Optimizer::finish(const double* loss, bool update, double learning_rate, int64_t step) {
  // The gradients are one block; what lies between them is zero.
  sum_of_squares({gradient_floats_, find_state(model_.table[trained_[0]], LS_GRADIENT), scalars_, scalars_ + 1});
  if (update)
    adamw_all({static_cast<int64_t>(trained_.size()), tensors_, blocks_, learning_rate, options_.beta1, options_.beta2, options_.eps, options_.clip,
               scalars_, loss, step});
  double squares = 0, value = 0;
  download_all(&squares, scalars_, 1);
  download_all(&value, loss, 1);
  return {value, std::sqrt(squares)};
}

void Optimizer::write(const Tensor& tensor, ls_trainer_state state, int64_t offset, const float* data, int64_t count) {
  float* to = find_state(tensor, state) + offset;
  upload_all(to, data, count);
  if (state == LS_WEIGHT) narrow({count, to, find(model_.weights, tensor) + offset});
}

}  // namespace ls::LS_BACKEND
