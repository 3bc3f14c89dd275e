#include "model/model.h"

#include <algorithm>
#include <utility>

namespace ls {

Model::Model(std::shared_ptr<const Engine> engine, const ls_model_config& given)
    : engine(std::move(engine)), config(checked(given)), table(parameter_table(config)) {
  Layout plan;
  lay_out_weights(plan, config, LS_TRAIN_ALL);
  arena_.reserve(plan.bytes(), "the model");
  Layout real(arena_);
  weights = lay_out_weights(real, config, LS_TRAIN_ALL);
  for (const Tensor& tensor : table)
    if (tensor.field == Field::attention_norm || tensor.field == Field::mlp_norm || tensor.field == Field::norm)
      std::fill_n(find(weights, tensor), tensor.count(), 1.0f);
}

}  // namespace ls
