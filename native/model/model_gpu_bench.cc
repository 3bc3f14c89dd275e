// Whole models with random weights. Training steps: SmolLM2-135M, all parameters; Llama-3-8B's shape, the attention's alone. Decoding steps: as one CUDA
// graph against their kernels launched one by one.
#include <cstdlib>
#include <memory>
#include <vector>

#include "model/decode.h"
#include "model/model.h"
#include "model/shapes.h"
#include "model/trainer.h"
#include "runtime/error.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

static ls_model_config llama(int64_t layers) {
  ls_model_config c{};
  c.layers = layers, c.hidden = 4096, c.heads = 32, c.kv_heads = 8, c.head_dim = 128, c.intermediate = 14336, c.vocabulary = 128256;
  c.max_positions = 32768, c.norm_eps = 1e-5, c.rope.theta = 500000;
  return c;
}

static ls_model_config tiny(int64_t layers) {
  ls_model_config c{};
  c.layers = layers, c.hidden = 32, c.heads = 2, c.kv_heads = 1, c.head_dim = 16, c.intermediate = 64, c.vocabulary = 100;
  c.max_positions = 64, c.norm_eps = 1e-5, c.rope.theta = 10000;
  return c;
}

// On the engine's stream, which stays in use.
static std::shared_ptr<Model> random_model(std::shared_ptr<const Engine> engine, const ls_model_config& config) {
  engine->enter();
  const auto model = std::make_shared<Model>(std::move(engine), config);
  std::vector<bf16> values(normal_pool().size());
  for (size_t i = 0; i < values.size(); i++) values[i] = to_bf16(0.02f * normal_pool()[i]);
  for (const Tensor& t : model->table)
    for (int64_t done = 0; t.rank == 2 && done < t.count(); done += static_cast<int64_t>(values.size()))
      model->write(t, done, LS_BF16, values.data(), std::min<int64_t>(t.count() - done, static_cast<int64_t>(values.size())));
  return model;
}

// Operations of a step. A product y = x·Wᵀ costs twice its size forward, the same for the gradient of x, and the same again for that of W where W is
// trained. Attention: 2·heads·tokens²·head_dim forward, 2.5 times that backward.
static double step_flops(const ls_model_config& c, ls_mode mode, double tokens) {
  const double q = 1.0 * c.heads * c.head_dim, kv = 1.0 * c.kv_heads * c.head_dim, layers = c.layers;
  const double attention_weights = layers * c.hidden * (2 * q + 2 * kv);
  const double other_weights = layers * c.hidden * 3.0 * c.intermediate + 1.0 * c.hidden * c.vocabulary;
  return tokens * (6 * attention_weights + (mode == LS_TRAIN_ALL ? 6 : 4) * other_weights) + 3.5 * 2 * layers * q * tokens * tokens;
}

static void add_step(Suite& suite, const char* name, const ls_model_config& c, ls_mode mode, int64_t tokens) {
  const std::string shape = std::string(name) + " " + shape_of({{"layers", c.layers}, {"tokens", tokens}});
  suite.add({mode == LS_TRAIN_ALL ? "train_step" : "train_step_attention", shape, step_flops(c, mode, static_cast<double>(tokens)), 0, [=]() -> Run {
    const auto engine = std::make_shared<Engine>(0);
    ls_train_options options{};
    // The least recomputing that fits, the same in every layer.
    std::vector<int32_t> recompute(c.layers, LS_KEEP_ALL);
    options.recompute = recompute.data();
    options.mode = mode, options.beta1 = 0.9, options.beta2 = 0.95, options.eps = 1e-8, options.weight_decay = 0.1, options.clip = 1;
    options.max_tokens = tokens;
    ls_memory_plan plan = engine->plan(c, tokens, 0, 0, &options);
    for (const int32_t level : {LS_RECOMPUTE_MLP, LS_RECOMPUTE_SELECTIVE}) {
      if (plan.total <= plan.available) break;
      recompute.assign(c.layers, level);
      plan = engine->plan(c, tokens, 0, 0, &options);
    }
    if (plan.total > plan.available)
      fail(LS_OUT_OF_MEMORY, "it takes ", human_bytes(plan.total), " but ", human_bytes(plan.available), " are free");
    const auto trainer = std::make_shared<Trainer>(random_model(engine, c), options);
    const auto ids = std::make_shared<std::vector<int32_t>>(tokens);
    for (int64_t t = 0; t < tokens; t++) (*ids)[t] = static_cast<int32_t>(t * t % 1000003 * 7919 % c.vocabulary);
    return [=] {
      ls_batch batch{};
      batch.tokens = tokens, batch.ids = batch.labels = ids->data(), batch.documents = 1;
      trainer->run(1, &batch, true, 1e-5);
    };
  }, "", 1.0 * tokens});
}

// A token for each sequence of `length` tokens or somewhat more. The step reads the products' weights once and each sequence's keys and values.
static void add_decode(Suite& suite, const char* name, const ls_model_config& c, int64_t sequences, int64_t length, int64_t more, bool graph) {
  const double q = 1.0 * c.heads * c.head_dim, kv = 1.0 * c.kv_heads * c.head_dim, layers = c.layers;
  const double weights = layers * c.hidden * (2 * q + 2 * kv + 3.0 * c.intermediate) + 1.0 * c.hidden * c.vocabulary;
  const double cached = 2 * layers * kv * length * sequences;
  const std::string shape = std::string(name) + " " + shape_of({{"layers", c.layers}, {"sequences", sequences}, {"keys", length}});
  suite.add({graph ? "decode_step" : "decode_step_launches", shape, 2 * sequences * weights + 4 * layers * q * length * sequences,
             sizeof(bf16) * (weights + cached), [=]() -> Run {
    const auto engine = std::make_shared<Engine>(0);
    const auto decoder = std::make_shared<Decoder>(random_model(engine, c), sequences, length + more);
    const auto tokens = std::make_shared<std::vector<int32_t>>(sequences, 1);
    std::vector<int64_t> all(sequences);
    for (int64_t i = 0; i < sequences; i++) all[i] = i;
    const std::vector<int32_t> prompt(length, 1);
    return [=] {
      setenv("LODESTONE_GRAPHS", graph ? "1" : "0", 1);
      for (const int64_t i : all)  // in the first run, and where the cache is full: one in `more`
        if (const int64_t now = decoder->length(i); now == 0 || now == length + more) decoder->prefill(i, prompt.data(), length, {}, nullptr);
      decoder->step(sequences, all.data(), tokens->data(), {}, tokens->data());
      unsetenv("LODESTONE_GRAPHS");
    };
  }, graph ? "decode_step_launches" : "", 1.0 * sequences});
}

GPU_BENCH(model) {
  if (suite.tiny) {
    for (const bool graph : {false, true}) add_decode(suite, "model=tiny", tiny(2), 2, 20, 8, graph);
    add_step(suite, "model=tiny", tiny(2), LS_TRAIN_ALL, 48);
    add_step(suite, "model=tiny", tiny(2), LS_TRAIN_ATTENTION, 48);
    return;
  }
  for (const int64_t sequences : {1, 8})
    for (const bool graph : {false, true}) add_decode(suite, "model=smollm2-135m", testing::smollm2_135m(), sequences, 6144, 2048, graph);
  for (const bool graph : {false, true}) add_decode(suite, "model=llama-3-8b", llama(32), 1, 30720, 2048, graph);
  add_step(suite, "model=smollm2-135m", testing::smollm2_135m(), LS_TRAIN_ALL, 8192);
  // All layers where the memory is large enough; four of them in any case, which is not extrapolated.
  for (const int64_t tokens : {8192, 32768})
    for (const int64_t layers : {4, 32}) add_step(suite, "model=llama-3-8b", llama(layers), LS_TRAIN_ATTENTION, tokens);
}

}  // namespace ls::bench::LS_GPU
