// The memory plan: what is planned is what is taken, and what cannot be is refused first.
#include "model/activations.h"
#include "model/decode.h"
#include "model/forward.h"
#include "model/shapes.h"
#include "model/tiny.h"
#include "model/trainer.h"

using namespace ls;
using namespace ls::LS_BACKEND;
using namespace ls::testing;

namespace {

constexpr int64_t kReal = sizeof(Real);

ls_memory_plan plan_memory(const ls_model_config& config, int64_t tokens, int64_t sequences = 0, int64_t capacity = 0) {
  return Engine(1).plan(config, tokens, sequences, capacity, nullptr);
}

ls_memory_plan plan_training(const ls_model_config& config, const ls_train_options& options, int64_t tokens) {
  return Engine(1).plan(config, tokens, 0, 0, &options);
}

ls_train_options training(ls_mode mode) {
  static const ls_head heads[] = {{1, 2}, {1, 3}, {2, 0}};
  ls_train_options options{};
  options.mode = mode;
  options.lora = {4, 8, LS_Q | LS_V | LS_DOWN, 1};
  options.heads = heads;
  options.head_count = 3;
  return options;
}

}  // namespace

TEST(parameters_are_what_the_backend_stores) {
  const ls_memory_plan plan = plan_memory(smollm2_135m(), 512);
  CHECK(plan.parameters == 134515008ll * kReal);  // the published 134.5 million
  CHECK(plan.gradients == 0 && plan.optimizer == 0 && plan.cache == 0);
  CHECK(plan.total == plan.parameters + plan.activations + plan.workspace);
  CHECK(plan.available > 0);
}

TEST(training_plans_what_it_takes) {
  const auto model = tiny_model({});
  for (const auto& [mode, atomics] : {std::pair{LS_TRAIN_ALL, false}, {LS_TRAIN_ATTENTION, false}, {LS_TRAIN_LORA, false}, {LS_TRAIN_HEADS, false},
                                      {LS_TRAIN_ALL, true}}) {
    ls_train_options options = training(mode);
    options.atomics = atomics;
    options.max_tokens = 300;
    const ls_memory_plan plan = plan_training(tiny_config({}), options, 300);
    Trainer trainer(model, options);
    CHECK(trainer.bytes() == plan.total - plan_memory(tiny_config({}), 300).parameters);
    int64_t trained = 0;
    for (const Tensor& tensor : trainer.trained()) trained += tensor.count();
    CHECK(plan.trained == trained && plan.gradients >= 4 * trained && plan.gradients < 4 * trained + 64 * 100);
    // Two moments; on a GPU fp32 weights too, and the table of the launch.
    CHECK(kDevice ? plan.optimizer >= 3 * plan.gradients : plan.optimizer == 2 * plan.gradients);
    // The plan is large enough for any packing: nothing is taken beyond it (the arena would throw).
    for (const std::vector<int64_t>& lengths : {std::vector<int64_t>{300}, std::vector<int64_t>(300, 1), std::vector<int64_t>(60, 5)}) {
      TinyBatch batch(lengths, 1);
      if (lengths.size() == 300) continue;  // no token of it has a loss
      const ls_batch b = batch.get();
      trainer.run(1, &b, true, 1e-3);
    }
  }
  const auto plan = [](ls_mode mode) { return plan_training(smollm2_135m(), training(mode), 512); };
  const ls_memory_plan all = plan(LS_TRAIN_ALL), attention = plan(LS_TRAIN_ATTENTION), lora = plan(LS_TRAIN_LORA);
  CHECK(all.gradients == all.parameters / kReal * 4);
  CHECK(attention.gradients == 30ll * (960 + 576) * 576 * 4);
  CHECK(lora.trained == 30ll * 4 * (576 + 576 + 576 + 192 + 1536 + 576));
  CHECK(lora.parameters == all.parameters + lora.trained * kReal);
}

// Layers below the lowest named head keep nothing for a backward pass that does not reach them.
TEST(heads_high_up_need_less_memory) {
  const ls_head low = {0, 8}, high = {25, 0}, two[] = {{25, 0}, {25, 1}}, other[] = {{25, 0}, {25, 3}};
  const auto plan = [](const ls_head* heads, int64_t count) {
    ls_train_options options{};
    options.mode = LS_TRAIN_HEADS;
    options.heads = heads;
    options.head_count = count;
    return plan_training(smollm2_135m(), options, 512);
  };
  CHECK(plan(&high, 1).activations * 4 < plan(&low, 1).activations);
  const int64_t slice = 64ll * 576;
  CHECK(plan(&high, 1).trained == 4 * slice);
  CHECK(plan(two, 2).trained == 6 * slice);    // k and v of their group once
  CHECK(plan(other, 2).trained == 8 * slice);
}

TEST(a_pass_plans_what_it_takes) {
  const auto model = tiny_model({});
  const int64_t tokens = 3000;
  const ls_memory_plan plan = plan_memory(tiny_config({}), tokens);
  TinyBatch batch({tokens}, 1, false);
  const ls_batch b = batch.get();
  forward(*model, model->space, checked(b, model->config), {});
  CHECK(model->space.arena.capacity() == memory_source().rounded(plan.activations + plan.workspace - RopeCache::bytes(model->config, tokens)));
}

TEST(a_cache_is_planned) {
  const ls_memory_plan plan = plan_memory(smollm2_135m(), 512, 4, 2048);
  CHECK(plan.cache == 4ll * 2048 * 30 * 2 * 3 * 64 * kReal);
}

TEST(a_huge_context_is_refused_before_anything_is_taken) {
  const auto status = [](const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& e) {
      std::printf("  %s\n", e.what());
      return e.status;
    }
    return LS_OK;
  };
  CHECK(status([] { plan_training(smollm2_135m(), training(LS_TRAIN_ALL), int64_t{1} << 60); }) == LS_OUT_OF_MEMORY);
  CHECK(status([] { plan_memory(smollm2_135m(), INT64_MAX); }) == LS_OUT_OF_MEMORY);
  CHECK(status([] { plan_memory(smollm2_135m(), 1, INT64_MAX, INT64_MAX); }) == LS_OUT_OF_MEMORY);
  ls_model_config wide = smollm2_135m();
  wide.hidden = 1 << 20;
  wide.vocabulary = INT32_MAX;
  CHECK(status([&] { plan_memory(wide, 1); }) == LS_OUT_OF_MEMORY);
  CHECK(status([] { plan_memory(smollm2_135m(), 0); }) == LS_INVALID);
  CHECK(status([] { plan_training(smollm2_135m(), training(static_cast<ls_mode>(9)), 1); }) == LS_INVALID);
  // A plan that can be counted is given even where it does not fit.
  const ls_memory_plan plan = plan_training(smollm2_135m(), training(LS_TRAIN_ALL), 100'000'000);
  CHECK(plan.total > plan.available);
  const auto model = tiny_model({});
  ls_train_options options{};
  options.mode = LS_TRAIN_ALL;
  options.max_tokens = 500'000'000;
  CHECK(status([&] { Trainer(model, options); }) == LS_OUT_OF_MEMORY);
}
