// The whole decoder in the shape of SmolLM2-135M with random weights: a training step, reading a prompt, decoding.
#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "model/decode.h"
#include "model/model.h"
#include "model/shapes.h"
#include "model/trainer.h"
#include "runtime/threads.h"
#include "testing/bench.h"

namespace ls::bench {

using namespace LS_BACKEND;
using testing::smollm2_135m;

namespace {

const std::string kShape = "layers=30 hidden=576 heads=9 kv_heads=3 intermediate=1536 vocabulary=49152 ";

std::shared_ptr<Model> random_model() {
  auto model = std::make_shared<Model>(std::make_shared<Engine>(usable_threads()), smollm2_135m());
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 0.02f);
  for (const Tensor& t : model->table)
    if (t.rank == 2) {
      std::vector<float> values(t.count());
      std::generate(values.begin(), values.end(), [&] { return normal(random); });
      model->write(t, 0, LS_F32, values.data(), t.count());
    }
  return model;
}

std::vector<int32_t> random_ids(int64_t count) {
  std::mt19937 random(2);
  std::vector<int32_t> ids(count);
  for (int32_t& id : ids) id = static_cast<int32_t>(random() % smollm2_135m().vocabulary);
  return ids;
}

// Floating-point operations of the products of a token's forward pass, without and with the head; of causal attention over a prompt.
double layer_flops() {
  const ls_model_config c = smollm2_135m();
  const double q = double(c.heads) * c.head_dim, kv = double(c.kv_heads) * c.head_dim;
  return 2.0 * c.layers * c.hidden * (2 * q + 2 * kv + 3.0 * c.intermediate);
}
double head_flops() { return 2.0 * smollm2_135m().hidden * smollm2_135m().vocabulary; }
double attention_flops(double tokens) { return 2.0 * smollm2_135m().layers * smollm2_135m().heads * smollm2_135m().head_dim * tokens * tokens; }

void train_step(int64_t tokens) {
  const double flops = 3 * tokens * (layer_flops() + head_flops()) + 3.5 * attention_flops(tokens);
  add({"train_step", kShape + "tokens=" + std::to_string(tokens), flops, 0, [=]() -> std::function<void()> {
         ls_train_options options{};
         options.mode = LS_TRAIN_ALL;
         options.beta1 = 0.9;
         options.beta2 = 0.95;
         options.eps = 1e-8;
         options.weight_decay = 0.1;
         options.clip = 1.0;
         options.max_tokens = tokens;
         auto trainer = std::make_shared<Trainer>(random_model(), options);
         auto ids = std::make_shared<std::vector<int32_t>>(random_ids(tokens));
         return [=] {
           ls_batch batch{};
           batch.tokens = tokens;
           batch.ids = batch.labels = ids->data();
           batch.documents = 1;
           trainer->run(1, &batch, true, 1e-4);
         };
       }});
}

void prefill(int64_t tokens) {
  add({"prefill", kShape + "tokens=" + std::to_string(tokens), tokens * layer_flops() + attention_flops(tokens) + head_flops(), 0,
       [=]() -> std::function<void()> {
         auto decoder = std::make_shared<Decoder>(random_model(), 1, tokens);
         auto ids = std::make_shared<std::vector<int32_t>>(random_ids(tokens));
         return [=] {
           int32_t next;
           decoder->prefill(0, ids->data(), tokens, {}, &next);
         };
       }});
}

// One step, each time after 1,024 tokens; the weights are read once for all sequences, the cache for each.
void decode(int64_t sequences) {
  const ls_model_config c = smollm2_135m();
  const int64_t length = 1024;
  const double cache = 2.0 * c.layers * c.kv_heads * c.head_dim * length * sequences;
  const double attention = 4.0 * c.layers * c.heads * c.head_dim * length * sequences;
  add({"decode", kShape + "sequences=" + std::to_string(sequences) + " length=1024", sequences * (layer_flops() + head_flops()) + attention,
       4 * ((layer_flops() + head_flops()) / 2 + cache), [=]() -> std::function<void()> {
         auto decoder = std::make_shared<Decoder>(random_model(), sequences, 2 * length);
         auto ids = std::make_shared<std::vector<int32_t>>(random_ids(length));
         auto order = std::make_shared<std::vector<int64_t>>(sequences);
         for (int64_t s = 0; s < sequences; s++) {
           (*order)[s] = s;
           decoder->prefill(s, ids->data(), length, {}, nullptr);
         }
         return [=] {
           std::vector<int32_t> next(sequences, 7);
           decoder->step(sequences, order->data(), next.data(), {}, next.data());
         };
       }});
}

}  // namespace

BENCH(model) {
  train_step(512);
  train_step(1024);
  prefill(1024);
  decode(1);
  decode(8);
}

}  // namespace ls::bench
