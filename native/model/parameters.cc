#include "model/parameters.h"

#include <cstring>

#include "model/scope.h"
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

int64_t field_elements(const Config& c, Field field) {
  switch (field) {
    case Field::embedding: return elements(c.vocabulary, c.hidden);
    case Field::qkv: return elements(c.qkv_width(), c.hidden);
    case Field::qkv_bias: return c.qkv_bias ? c.qkv_width() : 0;
    case Field::o: return elements(c.hidden, c.q_width());
    case Field::gate_up: return elements(2 * c.intermediate, c.hidden);
    case Field::down: return elements(c.hidden, c.intermediate);
    case Field::attention_norm:
    case Field::mlp_norm:
    case Field::norm: return c.hidden;
    case Field::head: return c.tied ? 0 : elements(c.vocabulary, c.hidden);
    default: return 0;
  }
}

template <class T>
Weights<T> lay_out_weights(Layout& layout, const Config& c, const Scope& scope) {
  const auto take = [&](Field field, int64_t layer) -> T* {
    const int64_t count = scope.elements(c, field, layer);
    return count > 0 ? layout.take<T>(count) : nullptr;
  };
  Weights<T> w;
  w.embedding = take(Field::embedding, 0);
  for (int64_t l = 0; l < c.layers; l++) {
    LayerWeights<T> layer{};
    layer.qkv = take(Field::qkv, l);
    layer.qkv_bias = take(Field::qkv_bias, l);
    layer.o = take(Field::o, l);
    layer.gate_up = take(Field::gate_up, l);
    layer.down = take(Field::down, l);
    layer.attention_norm = take(Field::attention_norm, l);
    layer.mlp_norm = take(Field::mlp_norm, l);
    layer.qkv_adapter = {take(Field::qkv_a, l), take(Field::qkv_b, l)};
    layer.o_adapter = {take(Field::o_a, l), take(Field::o_b, l)};
    layer.gate_up_adapter = {take(Field::gate_up_a, l), take(Field::gate_up_b, l)};
    layer.down_adapter = {take(Field::down_a, l), take(Field::down_b, l)};
    w.layers.push_back(layer);
  }
  w.norm = take(Field::norm, 0);
  w.head = c.tied ? w.embedding : take(Field::head, 0);
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
    case Field::qkv_a: field = layer.qkv_adapter.a; break;
    case Field::qkv_b: field = layer.qkv_adapter.b; break;
    case Field::o_a: field = layer.o_adapter.a; break;
    case Field::o_b: field = layer.o_adapter.b; break;
    case Field::gate_up_a: field = layer.gate_up_adapter.a; break;
    case Field::gate_up_b: field = layer.gate_up_adapter.b; break;
    case Field::down_a: field = layer.down_adapter.a; break;
    case Field::down_b: field = layer.down_adapter.b; break;
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

template Weights<float> lay_out_weights(Layout&, const Config&, const Scope&);
template Weights<bf16> lay_out_weights(Layout&, const Config&, const Scope&);
template float* find(const Weights<float>&, const Tensor&);
template bf16* find(const Weights<bf16>&, const Tensor&);

}  // namespace ls
