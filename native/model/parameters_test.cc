// The table of parameters, its layout, and the widening of stored dtypes.
#include "model/parameters.h"

#include <set>

#include "model/tiny.h"

using namespace ls;
using namespace ls::LS_BACKEND;
using namespace ls::testing;

TEST(names_shapes_and_order_are_hugging_face) {
  const Config c = checked(tiny_config({false, true}));
  const auto table = parameter_table(c);
  CHECK(table.size() == 1 + 3 * 12 + 2);
  CHECK(table.front().name == "model.embed_tokens.weight" && table.front().rows == 37 && table.front().columns == 32);
  const char* layer[] = {"self_attn.q_proj.weight", "self_attn.q_proj.bias", "self_attn.k_proj.weight", "self_attn.k_proj.bias",
                         "self_attn.v_proj.weight", "self_attn.v_proj.bias", "self_attn.o_proj.weight", "mlp.gate_proj.weight", "mlp.up_proj.weight",
                         "mlp.down_proj.weight", "input_layernorm.weight", "post_attention_layernorm.weight"};
  for (int i = 0; i < 12; i++) CHECK(table[13 + i].name == std::string("model.layers.1.") + layer[i]);
  CHECK(table[3].rows == 2 * kTinyHeadDim && table[3].columns == 32 && table[3].rank == 2);  // k_proj: 2 heads
  CHECK(table[4].rows == 1 && table[4].columns == 2 * kTinyHeadDim && table[4].rank == 1);
  CHECK(table[table.size() - 2].name == "model.norm.weight" && table.back().name == "lm_head.weight");
  CHECK(parameter_table(checked(tiny_config({true, false}))).back().name == "model.norm.weight");
}

TEST(tensors_cover_the_layout_without_overlap) {
  for (const TinyOptions& options : {TinyOptions{false, true}, TinyOptions{true, false}}) {
    const auto model = tiny_model(options);
    std::set<const Real*> seen;
    for (const Tensor& t : model->table)
      for (int64_t i = 0; i < t.count(); i++) CHECK(seen.insert(find(model->weights, t) + i).second);
    const auto at = [&](int i) { return find(model->weights, model->table[i]); };
    const int step = options.bias ? 2 : 1;
    CHECK(at(1 + step) == at(1) + 4 * kTinyHeadDim * 32);              // k follows q
    CHECK(at(1 + 2 * step) == at(1 + step) + 2 * kTinyHeadDim * 32);   // v follows k
    CHECK((model->weights.head == model->weights.embedding) == options.tied);
  }
}

TEST(a_new_model_is_zero_with_norms_of_one) {
  const Model model(std::make_shared<Engine>(1), tiny_config({}));
  for (const Tensor& t : model.table)
    for (float x : read(model, t)) CHECK(x == (t.rank == 1 ? 1.0f : 0.0f));
}

TEST(half_precision_is_widened_exactly) {
  const uint16_t f16[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x7c00, 0xfc00, 0x3555};
  const float want16[] = {0.0f, -0.0f, 1.0f, -2.0f, 65504.0f, 0x1p-24f, 0x1.ff8p-15f, 0x1p-14f, INFINITY, -INFINITY, 0x1.554p-2f};
  float out[11];
  convert(LS_F16, f16, 11, out);
  for (int i = 0; i < 11; i++) CHECK(out[i] == want16[i] && std::signbit(out[i]) == std::signbit(want16[i]));
  const uint16_t nan16 = 0x7e01;
  convert(LS_F16, &nan16, 1, out);
  CHECK(std::isnan(out[0]));
  char shifted[7] = {};  // at an odd address
  const uint16_t bf16[] = {0x3f80, 0xc040, 0x7f80};
  std::memcpy(shifted + 1, bf16, 6);
  convert(LS_BF16, shifted + 1, 3, out);
  CHECK(out[0] == 1.0f && out[1] == -3.0f && out[2] == INFINITY);
}

TEST(wrong_configs_are_refused_with_the_field) {
  const auto refused = [](const std::function<void(ls_model_config&)>& spoil, const char* part) {
    ls_model_config c = tiny_config({});
    spoil(c);
    try {
      checked(c);
    } catch (const Error& e) {
      CHECK(e.status == LS_INVALID && std::strstr(e.what(), part));
      return;
    }
    report(__FILE__, __LINE__, std::string("not refused: ") + part);
  };
  refused([](ls_model_config& c) { c.layers = 0; }, "layers");
  refused([](ls_model_config& c) { c.hidden = -4; }, "hidden");
  refused([](ls_model_config& c) { c.heads = 0; }, "heads");
  refused([](ls_model_config& c) { c.kv_heads = 3; }, "multiple of kv_heads");
  refused([](ls_model_config& c) { c.kv_heads = 8; }, "kv_heads");
  refused([](ls_model_config& c) { c.head_dim = 12; }, "multiple of 8");
  refused([](ls_model_config& c) { c.head_dim = 264; }, "head_dim");
  refused([](ls_model_config& c) { c.intermediate = int64_t{1} << 62; }, "intermediate");
  refused([](ls_model_config& c) { c.vocabulary = int64_t{1} << 31; }, "vocabulary");
  refused([](ls_model_config& c) { c.max_positions = 0; }, "max_positions");
  refused([](ls_model_config& c) { c.norm_eps = NAN; }, "norm_eps");
  refused([](ls_model_config& c) { c.rope.theta = NAN; }, "theta");
  refused([](ls_model_config& c) { c.rope.type = 9; }, "type");
  const int64_t windows[] = {0, -1, 0};
  refused([&](ls_model_config& c) { c.windows = windows; }, "windows");
}
