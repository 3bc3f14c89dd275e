#include <cmath>

#include "model/optimizer.h"
#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

namespace {

constexpr int64_t kScalars = 1 + kSumOfSquaresWorkspace;

}  // namespace

// Two moments and the fp32 weights that those of the backend are rounded from; the table and scalars of the launches.
int64_t Optimizer::state_bytes(const Config& c, const Scope& scope) {
  const auto tensors = static_cast<int64_t>(trained_table(c, scope).size());
  return 3 * gradient_bytes(c, scope) + Arena::rounded(tensors * static_cast<int64_t>(sizeof(AdamWTensor))) +
         Arena::rounded(kScalars * static_cast<int64_t>(sizeof(double)));
}

void Optimizer::lay_out(Layout& layout) {
  gradient_floats_ = gradient_bytes(config_, scope_) / static_cast<int64_t>(sizeof(float));
  for (Weights<float>* one : {&gradients_, &moment1_, &moment2_, &master_}) *one = lay_out_weights<float>(layout, config_, scope_);
  tensors_ = layout.take<AdamWTensor>(static_cast<int64_t>(table_.size()));
  scalars_ = layout.take<double>(kScalars);
}

void Optimizer::open() {
  std::vector<AdamWTensor> table;
  for (const Tensor& t : table_) {
    widen({t.count(), find(weights_, t), find(master_, t)});
    table.push_back({t.count(), find(weights_, t), find(master_, t), find(moment1_, t), find(moment2_, t), find(gradients_, t), decay(t), 0});
  }
  blocks_ = number_adamw_blocks(table.data(), static_cast<int64_t>(table.size()));
  upload_all(tensors_, table.data(), static_cast<int64_t>(table.size()));
}

StepScalars Optimizer::finish(const double* loss, bool update, double learning_rate, int64_t step) {
  // The gradients are one block; what lies between them is zero.
  sum_of_squares({gradient_floats_, find_state(table_[0], LS_GRADIENT), scalars_, scalars_ + 1});
  if (update)
    adamw_all({static_cast<int64_t>(table_.size()), tensors_, blocks_, learning_rate, options_.beta1, options_.beta2, options_.eps, options_.clip,
               scalars_, loss, step});
  double squares = 0, value = 0;
  download_all(&squares, scalars_, 1);
  download_all(&value, loss, 1);
  return {value, std::sqrt(squares)};
}

void Optimizer::write(const Tensor& tensor, ls_trainer_state state, int64_t offset, const float* data, int64_t count) {
  float* to = find_state(tensor, state) + offset;
  upload_all(to, data, count);
  if (state == LS_WEIGHT) narrow({count, to, find(weights_, tensor) + offset});
}

}  // namespace ls::LS_BACKEND
