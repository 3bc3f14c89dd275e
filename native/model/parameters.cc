#include "model/parameters.h"

#include <cstring>

#include "runtime/threads.h"

namespace ls {

std::vector<Tensor> parameter_table(const Config& c) {
  std::vector<Tensor> table;
  const int64_t q = c.q_width(), kv = c.kv_width(), h = c.hidden, f = c.intermediate;
  const auto matrix = [&](const std::string& name, int64_t rows, int64_t columns, Field field, int64_t layer, int64_t first_row = 0) {
    table.push_back({name + ".weight", rows, columns, 2, field, layer, first_row * columns});
  };
  const auto vector = [&](const std::string& name, int64_t columns, Field field, int64_t layer, int64_t offset = 0) {
    table.push_back({name, 1, columns, 1, field, layer, offset});
  };
  matrix("model.embed_tokens", c.vocabulary, h, Field::embedding, 0);
  for (int64_t l = 0; l < c.layers; l++) {
    const std::string layer = "model.layers." + std::to_string(l) + ".", attention = layer + "self_attn.", mlp = layer + "mlp.";
    matrix(attention + "q_proj", q, h, Field::qkv, l);
    if (c.qkv_bias) vector(attention + "q_proj.bias", q, Field::qkv_bias, l);
    matrix(attention + "k_proj", kv, h, Field::qkv, l, q);
    if (c.qkv_bias) vector(attention + "k_proj.bias", kv, Field::qkv_bias, l, q);
    matrix(attention + "v_proj", kv, h, Field::qkv, l, q + kv);
    if (c.qkv_bias) vector(attention + "v_proj.bias", kv, Field::qkv_bias, l, q + kv);
    matrix(attention + "o_proj", h, q, Field::o, l);
    matrix(mlp + "gate_proj", f, h, Field::gate_up, l);
    matrix(mlp + "up_proj", f, h, Field::gate_up, l, f);
    matrix(mlp + "down_proj", h, f, Field::down, l);
    vector(layer + "input_layernorm.weight", h, Field::attention_norm, l);
    vector(layer + "post_attention_layernorm.weight", h, Field::mlp_norm, l);
  }
  vector("model.norm.weight", h, Field::norm, 0);
  if (!c.tied) matrix("lm_head", c.vocabulary, h, Field::head, 0);
  return table;
}

bool trains(ls_mode mode, Field field) {
  if (mode == LS_TRAIN_ATTENTION) return field == Field::qkv || field == Field::qkv_bias || field == Field::o;
  return mode == LS_TRAIN_ALL;
}

template <class T>
Weights<T> lay_out_weights(Layout& layout, const Config& c, ls_mode mode) {
  const auto take = [&](Field field, int64_t rows, int64_t columns) {
    return trains(mode, field) ? layout.take<T>(elements(rows, columns)) : nullptr;
  };
  Weights<T> w;
  w.embedding = take(Field::embedding, c.vocabulary, c.hidden);
  for (int64_t l = 0; l < c.layers; l++) {
    LayerWeights<T> layer{};
    layer.qkv = take(Field::qkv, c.qkv_width(), c.hidden);
    if (c.qkv_bias) layer.qkv_bias = take(Field::qkv_bias, 1, c.qkv_width());
    layer.o = take(Field::o, c.hidden, c.q_width());
    layer.gate_up = take(Field::gate_up, 2 * c.intermediate, c.hidden);
    layer.down = take(Field::down, c.hidden, c.intermediate);
    layer.attention_norm = take(Field::attention_norm, 1, c.hidden);
    layer.mlp_norm = take(Field::mlp_norm, 1, c.hidden);
    w.layers.push_back(layer);
  }
  w.norm = take(Field::norm, 1, c.hidden);
  w.head = c.tied ? w.embedding : take(Field::head, c.vocabulary, c.hidden);
  return w;
}

template <class T>
T* find(const Weights<T>& w, const Tensor& t) {
  const LayerWeights<T>& layer = w.layers[t.layer];
  T* field = nullptr;
  switch (t.field) {
    case Field::embedding: field = w.embedding; break;
    case Field::qkv: field = layer.qkv; break;
    case Field::qkv_bias: field = layer.qkv_bias; break;
    case Field::o: field = layer.o; break;
    case Field::gate_up: field = layer.gate_up; break;
    case Field::down: field = layer.down; break;
    case Field::attention_norm: field = layer.attention_norm; break;
    case Field::mlp_norm: field = layer.mlp_norm; break;
    case Field::norm: field = w.norm; break;
    case Field::head: field = w.head; break;
  }
  return field ? field + t.offset : nullptr;
}

namespace {

// The exponent moves from bias 15 to 127 by a multiplication with 2^112, which also turns subnormals into normals; infinities and NaN by hand.
float from_f16(uint16_t x) {
  const auto from_bits = [](uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  };
  const uint32_t sign = uint32_t{x} >> 15 << 31, rest = (x & 0x7fffu) << 13;
  if ((x & 0x7c00u) == 0x7c00u) return from_bits(sign | 0x7f800000u | rest);
  uint32_t bits;
  const float magnitude = from_bits(rest) * 0x1p112f;
  std::memcpy(&bits, &magnitude, sizeof bits);
  return from_bits(sign | bits);
}

template <class T>
T from_float(float x);
template <>
float from_float(float x) { return x; }
template <>
bf16 from_float(float x) { return to_bf16(x); }

template <class T>
void convert_to(ls_dtype dtype, const void* data, int64_t count, T* out) {
  const char* bytes = static_cast<const char*>(data);
  parallel_ranges(count, 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      if (dtype == LS_F32) {
        float x;
        std::memcpy(&x, bytes + 4 * i, sizeof x);
        out[i] = from_float<T>(x);
      } else {
        uint16_t x;
        std::memcpy(&x, bytes + 2 * i, sizeof x);
        out[i] = from_float<T>(dtype == LS_BF16 ? to_float(bf16{x}) : from_f16(x));
      }
    }
  });
}

}  // namespace

void convert(ls_dtype dtype, const void* data, int64_t count, float* out) { convert_to(dtype, data, count, out); }
void convert(ls_dtype dtype, const void* data, int64_t count, bf16* out) { convert_to(dtype, data, count, out); }

template Weights<float> lay_out_weights(Layout&, const Config&, ls_mode);
template Weights<bf16> lay_out_weights(Layout&, const Config&, ls_mode);
template float* find(const Weights<float>&, const Tensor&);
template bf16* find(const Weights<bf16>&, const Tensor&);

}  // namespace ls
