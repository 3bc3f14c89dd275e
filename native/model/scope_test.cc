// Training of adapters (lora) and of heads' slices: gradients against slopes of the double reference, what is frozen, merging, recomputing, threads.
#include "model/scope.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "model/train_cases.h"
#include "runtime/threads.h"

using namespace ls;
using namespace ls::LS_BACKEND;
using namespace ls::testing;

namespace {

constexpr int32_t kAttention = LS_Q | LS_K | LS_V | LS_O, kAll = 2 * LS_DOWN - 1;

ls_train_options lora_options(int32_t targets, int64_t rank = 4) {
  ls_train_options o = train_options(LS_TRAIN_LORA);
  o.lora = {rank, 6, targets, 11};
  return o;
}

ls_train_options heads_options(const std::vector<ls_head>& heads) {
  ls_train_options o = train_options(LS_TRAIN_HEADS);
  o.heads = heads.data();
  o.head_count = static_cast<int64_t>(heads.size());
  return o;
}

// B as after some steps: not zero.
void randomize_b(Trainer& trainer, uint32_t seed) {
  for (size_t i = 0; i < trainer.trained().size(); i++) {
    const Tensor& t = trainer.trained()[i];
    if (t.name.find("lora_B") == std::string::npos) continue;
    const std::vector<float> values = normal(t.count(), seed++, 0.1f);
    trainer.write(i, LS_WEIGHT, 0, values.data(), t.count());
  }
}

// The reference with adapters merged into its weights in double, as the backend computes with them.
struct Adapted {
  Reference base;
  std::map<std::string, Values> adapters;  // by name
  int64_t rank;
  double scale;

  Adapted(const Trainer& trainer, int64_t rank_, double scale_) : base(trainer.model()), rank(rank_), scale(scale_) {
    const auto values = all_states(trainer, LS_WEIGHT);
    for (size_t i = 0; i < values.size(); i++) {
      const std::vector<float> seen = stored(values[i]);
      adapters[trainer.trained()[i].name] = Values(seen.begin(), seen.end());
    }
  }
  double loss(const ls_batch& batch) const {
    Reference merged = base;
    for (const auto& [name, b] : adapters) {
      const size_t at = name.find("lora_B");
      if (at == std::string::npos) continue;
      const Values& a = adapters.at(name.substr(0, at) + "lora_A.weight");
      Values& w = merged.weights.at(name.substr(0, at) + "weight");
      const int64_t in = static_cast<int64_t>(a.size()) / rank, out = static_cast<int64_t>(b.size()) / rank;
      for (int64_t o = 0; o < out; o++)
        for (int64_t i = 0; i < in; i++)
          for (int64_t k = 0; k < rank; k++) w[o * in + i] += scale * b[o * rank + k] * a[k * in + i];
    }
    return merged.run(batch).loss;
  }
};

// Elements of the parameter that a slice's name speaks of, in the slice's order: "....weight[16:32]" or "....weight[:, 16:32]".
std::vector<int64_t> elements_of(const std::string& name, const Tensor& parameter) {
  long begin = 0, end = 0;
  const char* range = std::strchr(name.c_str(), '[');
  const bool columns = std::sscanf(range, "[:, %ld:%ld]", &begin, &end) == 2;
  if (!columns) CHECK(std::sscanf(range, "[%ld:%ld]", &begin, &end) == 2);
  std::vector<int64_t> elements;
  for (int64_t r = 0; r < parameter.rows; r++)
    for (int64_t c = 0; c < parameter.columns; c++) {
      const int64_t along = columns || parameter.rank == 1 ? c : r;
      if (along >= begin && along < end) elements.push_back(r * parameter.columns + c);
    }
  return elements;
}

std::string whole(const std::string& slice) { return slice.substr(0, slice.find('[')); }

const Tensor& parameter(const Model& model, const std::string& name) {
  return *std::find_if(model.table.begin(), model.table.end(), [&](const Tensor& t) { return t.name == name; });
}

// A gradient against slopes in some random directions through all of it, and along single elements.
void check_slopes(const std::string& name, const std::vector<float>& gradient, const std::function<double(const Values&)>& slope_along,
                  uint32_t seed) {
  std::mt19937 random(seed);
  double size = 0;
  for (float g : gradient) size += double(g) * g;
  size = std::sqrt(size);
  CHECK(size > 1e-6);
  for (int n = 0; n < 4; n++) {
    Values direction(gradient.size());
    if (n < 2)
      for (double& x : direction) x = random() % 2 ? 1 : -1;
    else
      direction[random() % direction.size()] = 1;
    double got = 0;
    for (size_t k = 0; k < gradient.size(); k++) got += gradient[k] * direction[k];
    const double want = slope_along(direction);
    // fp32 as in trainer_test.cc. With bf16 storage gradients are off by some 5 % of their norm, which is the deviation along a random direction; of
    // a thousand the worst measured is 16 %. A missing factor (the scale is 1.5) is a third of the slope, in every direction.
    if (std::abs(got - want) > bound(1e-3, 0.25) * size + bound(1e-5, 0.02) * std::abs(want))
      report(__FILE__, __LINE__, sentence(name, ": slope ", got, " instead of ", want, ", norm ", size));
  }
}

void check_norm(const ls_step_result& result, const std::vector<std::vector<float>>& gradients) {
  double squares = 0;
  for (const auto& gradient : gradients)
    for (float g : gradient) squares += double(g) * g;
  CHECK(std::abs(result.grad_norm - std::sqrt(squares)) < 1e-5 * result.grad_norm);
}

}  // namespace

TEST(gradients_of_adapters_are_the_slopes_of_the_reference) {
  uint32_t seed = 1;
  for (int32_t targets : {kAttention, kAll, LS_K | LS_UP, LS_O | LS_DOWN, int32_t{LS_GATE}, int32_t{LS_DOWN}}) {
    const auto model = tiny_model({true, seed % 2 == 0, {0, 5, 0}}, seed++);
    const TinyBatch batch({11, 1, 9}, seed, true, seed % 2);
    const ls_batch b = batch.get();
    Trainer trainer(model, lora_options(targets));
    randomize_b(trainer, seed);
    const ls_step_result result = trainer.run(1, &b, false, 0);
    const auto gradients = all_states(trainer, LS_GRADIENT);
    check_norm(result, gradients);
    Adapted reference(trainer, 4, 6.0 / 4);
    CHECK(std::abs(result.loss - reference.loss(b)) < bound(1e-4, 0.05));
    for (size_t i = 0; i < gradients.size(); i++) {
      const std::string& name = trainer.trained()[i].name;
      Values& weight = reference.adapters.at(name);
      check_slopes(name, gradients[i], [&](const Values& u) { return slope(weight, u, [&] { return reference.loss(b); }); }, seed);
    }
  }
}

TEST(gradients_of_heads_are_the_slopes_of_the_reference) {
  uint32_t seed = 1;
  for (const std::vector<ls_head>& heads : {std::vector<ls_head>{{0, 0}}, {{1, 3}, {1, 2}, {2, 0}, {1, 2}}, {{2, 1}, {2, 2}}}) {
    const auto model = tiny_model({true, seed % 2 == 0, {0, 5, 0}}, seed++);
    const TinyBatch batch({11, 1, 9}, seed, true, seed % 2);
    const ls_batch b = batch.get();
    Trainer trainer(model, heads_options(heads));
    const ls_step_result result = trainer.run(1, &b, false, 0);
    const auto gradients = all_states(trainer, LS_GRADIENT);
    check_norm(result, gradients);
    Reference reference(*model);
    CHECK(std::abs(result.loss - reference.run(b).loss) < bound(1e-4, 0.05));
    for (size_t i = 0; i < gradients.size(); i++) {
      const std::string& name = trainer.trained()[i].name;
      const std::vector<int64_t> elements = elements_of(name, parameter(*model, whole(name)));
      CHECK(elements.size() == gradients[i].size());
      Values& weight = reference.weights.at(whole(name));
      check_slopes(name, gradients[i], [&](const Values& u) {
        Values direction(weight.size());
        for (size_t k = 0; k < elements.size(); k++) direction[elements[k]] = u[k];
        return slope(weight, direction, [&] { return reference.run(b).loss; });
      }, seed);
    }
  }
}

// Two named heads of one group train its keys and values once.
TEST(slices_are_the_named_heads_and_their_groups) {
  const auto model = tiny_model({false, true});
  const std::vector<ls_head> heads = {{1, 3}, {1, 0}, {1, 2}};
  Trainer trainer(model, heads_options(heads));
  std::vector<std::string> names;
  for (const Tensor& t : trainer.trained()) names.push_back(t.name.substr(std::strlen("model.layers.1.self_attn.")));
  const std::vector<std::string> want = {"q_proj.weight[0:16]", "q_proj.weight[32:48]", "q_proj.weight[48:64]", "q_proj.bias[0:16]", "q_proj.bias[32:48]",
                                         "q_proj.bias[48:64]", "k_proj.weight[0:16]", "k_proj.weight[16:32]", "k_proj.bias[0:16]", "k_proj.bias[16:32]",
                                         "v_proj.weight[0:16]", "v_proj.weight[16:32]", "v_proj.bias[0:16]", "v_proj.bias[16:32]",
                                         "o_proj.weight[:, 0:16]", "o_proj.weight[:, 32:48]", "o_proj.weight[:, 48:64]"};
  CHECK(names == want);
}

TEST(what_is_frozen_keeps_its_bits) {
  const std::vector<ls_head> heads = {{1, 3}, {2, 0}};
  for (const ls_train_options& options : {lora_options(kAll), heads_options(heads)}) {
    const auto model = tiny_model({false, true});
    const TinyBatch batch({30}, 3);
    const ls_batch b = batch.get();
    const auto before = all_weights(*model);
    Trainer trainer(model, options);
    for (int i = 0; i < 3; i++) trainer.run(1, &b, true, 0.01);
    const auto after = all_weights(*model), trained = all_states(trainer, LS_WEIGHT);
    std::vector<std::vector<bool>> moved;
    for (const auto& one : before) moved.emplace_back(one.size());
    if (options.mode == LS_TRAIN_HEADS)
      for (size_t i = 0; i < trained.size(); i++) {
        const std::string& name = trainer.trained()[i].name;
        const Tensor& t = parameter(*model, whole(name));
        const std::vector<int64_t> elements = elements_of(name, t);
        const std::vector<float> want = stored(trained[i]);
        for (size_t k = 0; k < elements.size(); k++) {
          moved[&t - model->table.data()][elements[k]] = true;
          CHECK(after[&t - model->table.data()][elements[k]] == want[k]);
        }
      }
    int64_t changed = 0, of = 0;
    for (size_t i = 0; i < before.size(); i++)
      for (size_t k = 0; k < before[i].size(); k++) {
        if (!moved[i][k]) CHECK(before[i][k] == after[i][k]);
        changed += before[i][k] != after[i][k];
        of += moved[i][k];
      }
    CHECK(changed >= of * 9 / 10);  // a weight may round to itself
  }
}

TEST(adapters_begin_as_in_peft) {
  const auto model = tiny_model();
  const TinyBatch batch({20}, 3);
  const ls_batch b = batch.get();
  double base = 0;
  ls_pass pass{};
  pass.loss = &base;
  model->run(b, pass);
  Trainer trainer(model, lora_options(kAll));
  CHECK(std::abs(trainer.run(1, &b, false, 0).loss - base) < 1e-6 * base);  // B is zero: the base itself
  const auto values = all_states(trainer, LS_WEIGHT);
  for (size_t i = 0; i < values.size(); i++) {
    const Tensor& t = trainer.trained()[i];
    const bool a = t.name.find("lora_A") != std::string::npos;
    const double limit = a ? 1 / std::sqrt(double(t.columns)) : 0;
    float least = 0, most = 0;
    for (float x : values[i]) least = std::min(least, x), most = std::max(most, x);
    CHECK(least >= -limit && most <= limit && (!a || (least < -0.8 * limit && most > 0.8 * limit)));
  }
  ls_train_options other = lora_options(kAll);
  other.lora.seed = 12;
  CHECK(all_states(Trainer(model, lora_options(kAll)), LS_WEIGHT) == values && all_states(Trainer(model, other), LS_WEIGHT) != values);
}

// A model of the merged weights gives the loss of base and adapters. A GPU rounds the merged weights to bf16 once more.
TEST(merged_weights_are_base_and_adapter) {
  const auto model = tiny_model({false, true});
  const TinyBatch batch({30}, 3);
  const ls_batch b = batch.get();
  Trainer trainer(model, lora_options(kAll));
  randomize_b(trainer, 5);
  for (int i = 0; i < 3; i++) trainer.run(1, &b, true, 0.01);
  const auto merged = tiny_model({false, true}, 2);
  for (const Tensor& t : model->table) {
    std::vector<float> values(t.count()), part(t.count());
    trainer.read_merged(t, 0, values.data(), t.count());
    for (int64_t at = 0; at < t.count(); at += 45) trainer.read_merged(t, at, &part[at], std::min<int64_t>(45, t.count() - at));  // rows cut anywhere
    const Values want(values.begin(), values.end());
    CHECK_CLOSE(part.data(), want.data(), t.count(), 1e-6, 1e-6);
    CHECK((values != read(*model, t)) == (t.rank == 2 && t.name.find("_proj") != std::string::npos));
    merged->write(t, 0, LS_F32, values.data(), t.count());
  }
  double loss = 0;
  ls_pass pass{};
  pass.loss = &loss;
  merged->run(b, pass);
  CHECK(std::abs(loss - trainer.run(1, &b, false, 0).loss) < bound(1e-5, 0.03) * loss);
}

TEST(recomputing_threads_and_state_keep_the_bits) {
  const std::vector<ls_head> heads = {{1, 3}, {2, 0}};
  const TinyBatch a({40, 7, 12}, 9), c({33}, 10);
  const ls_batch batches[] = {a.get(), c.get()};
  for (ls_train_options options : {lora_options(kAll), heads_options(heads)}) {
    std::vector<std::vector<float>> want;
    const auto trained = [&](int threads, const std::vector<int32_t>& recompute) {
      use_threads(threads);
      const auto model = tiny_model({true, true, {0, 5, 0}}, 7, threads);
      options.recompute = recompute.data();
      Trainer first(model, options);
      for (int i = 0; i < 2; i++) first.run(2, batches, true, 0.01);
      // A trainer that takes over goes on as this one would.
      Trainer second(model, options);
      for (ls_trainer_state state : {LS_MOMENT1, LS_MOMENT2, LS_WEIGHT}) {
        const auto values = all_states(first, state);
        for (size_t i = 0; i < values.size(); i++) second.write(i, state, 0, values[i].data(), static_cast<int64_t>(values[i].size()));
      }
      second.steps = first.steps;
      Trainer& last = threads % 2 ? second : first;
      last.run(2, batches, true, 0.01);
      return all_states(last, LS_WEIGHT);
    };
    want = trained(1, {0, 0, 0});
    CHECK(trained(2, {1, 1, 1}) == want);
    CHECK(trained(3, {2, 2, 2}) == want);
    CHECK(trained(2, {2, 0, 1}) == want);
  }
  use_threads(1);
}

TEST(both_modes_lower_the_loss) {
  const std::vector<ls_head> heads = {{0, 0}, {1, 1}, {2, 2}, {2, 3}};
  const TinyBatch batch({30, 20}, 3);
  const ls_batch b = batch.get();
  for (const ls_train_options& options : {lora_options(kAttention), heads_options(heads)}) {
    Trainer trainer(tiny_model(), options);
    const double first = trainer.run(1, &b, true, 0.01).loss;
    double last = 0;
    for (int i = 0; i < 30; i++) last = trainer.run(1, &b, true, 0.01).loss;
    CHECK(last < 0.7 * first);
  }
}

TEST(wrong_scopes_are_refused) {
  const auto model = tiny_model();
  const auto refused = [&](const ls_train_options& options, const char* part) {
    try {
      Trainer(model, options);
    } catch (const Error& e) {
      CHECK(e.status == LS_INVALID && std::strstr(e.what(), part));
      return;
    }
    report(__FILE__, __LINE__, std::string("not refused: ") + part);
  };
  refused(lora_options(kAll, 0), "rank from 1 to 32");
  refused(lora_options(kAll, 33), "found 33");
  refused(lora_options(0), "targets");
  refused(lora_options(kAll + 1), "targets");
  ls_train_options o = lora_options(kAll);
  o.lora.alpha = 0;
  refused(o, "alpha");
  refused(heads_options({}), "at least one head");
  refused(heads_options({{3, 0}}), "found 3-0");
  refused(heads_options({{0, 4}}), "found 0-4");
  refused(heads_options({{0, -1}}), "found 0--1");
  refused(train_options(static_cast<ls_mode>(5)), "mode");
}
