// What the tests of training share: options, all weights and states, slopes of the double reference.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/reference.h"
#include "model/tiny.h"
#include "model/trainer.h"

namespace ls::testing {

using LS_BACKEND::Trainer;

inline ls_train_options train_options(ls_mode mode, int64_t max_tokens = 64) {
  ls_train_options o{};
  o.mode = mode;
  o.beta1 = 0.9;
  o.beta2 = 0.95;
  o.eps = 1e-8;
  o.weight_decay = 0.1;
  o.clip = 1.0;
  o.max_tokens = max_tokens;
  return o;
}

inline std::vector<std::vector<float>> all_weights(const Model& model) {
  std::vector<std::vector<float>> out;
  for (const Tensor& t : model.table) out.push_back(read(model, t));
  return out;
}

// LS_WEIGHT: the fp32 weights, which on a GPU are the trainer's.
inline std::vector<std::vector<float>> all_states(const Trainer& trainer, ls_trainer_state state) {
  std::vector<std::vector<float>> out;
  for (size_t i = 0; i < trainer.trained().size(); i++) {
    out.emplace_back(trainer.trained()[i].count());
    trainer.read(i, state, 0, out.back().data(), static_cast<int64_t>(out.back().size()));
  }
  return out;
}

// (f(w + h·u) − f(w − h·u)) / 2h in double.
inline double slope(Values& w, const Values& direction, const std::function<double()>& f) {
  constexpr double h = 1e-5;  // the rounding (1e-16/h) and the curvature (h²) are both near 1e-10
  const Values before = w;
  double value[2];
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < w.size(); i++) w[i] = before[i] + (side ? -h : h) * direction[i];
    value[side] = f();
  }
  w = before;
  return (value[0] - value[1]) / (2 * h);
}

}  // namespace ls::testing
