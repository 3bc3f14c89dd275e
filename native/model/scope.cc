#include "model/scope.h"

#include <algorithm>
#include <cmath>

namespace ls {

namespace {

// B begin at 64-byte boundaries, whatever they are stored in.
constexpr int64_t kAligned = 32;

std::string layer_name(int64_t layer) { return "model.layers." + std::to_string(layer) + "."; }

struct Projection {
  int32_t bit;
  const char* name;
  int64_t out;
};

AdapterShape adapter(int32_t targets, int64_t rank, int64_t in, std::initializer_list<Projection> projections) {
  AdapterShape shape;
  shape.in = in;
  int64_t b = 0;
  for (const Projection& p : projections) {
    if (targets & p.bit) {
      shape.targets.push_back({p.name, shape.width, p.out, b});
      b += (elements(p.out, rank) + kAligned - 1) / kAligned * kAligned;
    }
    shape.width += p.out;
  }
  return shape;
}

void set_lora(Scope& scope, const ls_lora& lora, const Config& c) {
  constexpr int32_t kAll = 2 * LS_DOWN - 1;
  require(lora.rank >= 1 && lora.rank <= c.hidden, "lora: expected a rank from 1 to ", c.hidden, " (the hidden size) but found ", lora.rank);
  require(std::isfinite(lora.alpha) && lora.alpha > 0, "lora: expected an alpha above 0 but found ", lora.alpha);
  require(lora.targets >= 1 && lora.targets <= kAll, "lora: expected targets from 1 to ", kAll, " (a sum of ls_projection) but found ", lora.targets);
  scope.rank = lora.rank;
  scope.scale = static_cast<float>(lora.alpha / static_cast<double>(lora.rank));
  scope.seed = lora.seed;
  const int32_t t = lora.targets;
  scope.qkv = adapter(t, lora.rank, c.hidden,
                      {{LS_Q, "self_attn.q_proj", c.q_width()}, {LS_K, "self_attn.k_proj", c.kv_width()}, {LS_V, "self_attn.v_proj", c.kv_width()}});
  scope.o = adapter(t, lora.rank, c.q_width(), {{LS_O, "self_attn.o_proj", c.hidden}});
  scope.gate_up = adapter(t, lora.rank, c.hidden, {{LS_GATE, "mlp.gate_proj", c.intermediate}, {LS_UP, "mlp.up_proj", c.intermediate}});
  scope.down = adapter(t, lora.rank, c.intermediate, {{LS_DOWN, "mlp.down_proj", c.hidden}});
}

void insert(std::vector<int64_t>& ascending, int64_t value) {
  const auto at = std::lower_bound(ascending.begin(), ascending.end(), value);
  if (at == ascending.end() || *at != value) ascending.insert(at, value);
}

void set_heads(Scope& scope, const ls_head* heads, int64_t count, const Config& c) {
  require(count >= 1 && heads, "training of heads: expected at least one head but found ", count);
  scope.heads.resize(c.layers);
  scope.groups.resize(c.layers);
  for (int64_t i = 0; i < count; i++) {
    const ls_head& h = heads[i];
    require(h.layer >= 0 && h.layer < c.layers && h.head >= 0 && h.head < c.heads, "training of heads: expected layers from 0 to ", c.layers - 1,
            " and heads from 0 to ", c.heads - 1, " but found ", h.layer, "-", h.head);
    insert(scope.heads[h.layer], h.head);
    insert(scope.groups[h.layer], h.head / (c.heads / c.kv_heads));
  }
}

int64_t adapter_elements(const AdapterShape& shape, int64_t rank, bool a) {
  if (shape.targets.empty()) return 0;
  if (a) return elements(static_cast<int64_t>(shape.targets.size()), rank, shape.in);
  return shape.targets.back().b + elements(shape.targets.back().out, rank);
}

void add_adapters(std::vector<Tensor>& table, const Scope& scope, const AdapterShape& shape, int64_t layer, Field a, Field b) {
  for (size_t i = 0; i < shape.targets.size(); i++) {
    const AdapterShape::Target& t = shape.targets[i];
    const std::string name = layer_name(layer) + t.name;
    table.push_back({name + ".lora_A.weight", scope.rank, shape.in, 2, a, layer, static_cast<int64_t>(i) * scope.rank * shape.in});
    table.push_back({name + ".lora_B.weight", t.out, scope.rank, 2, b, layer, t.b});
  }
}

// Rows of q, k or v of some heads. They lie in the fused matrix from `first` on; in the slices' buffer they follow `before` heads of others.
void add_rows(std::vector<Slice>& slices, const Config& c, int64_t layer, const char* name, const std::vector<int64_t>& heads,
              int64_t first, int64_t before) {
  const int64_t d = c.head_dim;
  const auto add = [&](const char* kind, int64_t rows, int64_t columns, int32_t rank, Field field) {
    for (size_t i = 0; i < heads.size(); i++) {
      const int64_t row = heads[i] * d;
      const std::string range = "[" + std::to_string(row) + ":" + std::to_string(row + d) + "]";
      const int64_t width = field == Field::qkv ? columns : 1;
      slices.push_back({{layer_name(layer) + "self_attn." + name + kind + range, rows, columns, rank, field, layer,
                         (before + static_cast<int64_t>(i)) * rows * columns}, (first + row) * width, columns});
    }
  };
  add(".weight", d, c.hidden, 2, Field::qkv);
  if (c.qkv_bias) add(".bias", 1, d, 1, Field::qkv_bias);
}

}  // namespace

int64_t Scope::elements(const Config& c, Field field, int64_t layer) const {
  switch (mode) {
    case LS_TRAIN_ALL: return field_elements(c, field);
    case LS_TRAIN_ATTENTION: return field == Field::qkv || field == Field::qkv_bias || field == Field::o ? field_elements(c, field) : 0;
    case LS_TRAIN_HEADS: {
      const int64_t named = static_cast<int64_t>(heads[layer].size()), rows = (named + 2 * static_cast<int64_t>(groups[layer].size())) * c.head_dim;
      if (field == Field::qkv) return rows * c.hidden;
      if (field == Field::qkv_bias) return c.qkv_bias ? rows : 0;
      return field == Field::o ? c.hidden * named * c.head_dim : 0;
    }
    case LS_TRAIN_LORA: break;
  }
  switch (field) {
    case Field::qkv_a: return adapter_elements(qkv, rank, true);
    case Field::qkv_b: return adapter_elements(qkv, rank, false);
    case Field::o_a: return adapter_elements(o, rank, true);
    case Field::o_b: return adapter_elements(o, rank, false);
    case Field::gate_up_a: return adapter_elements(gate_up, rank, true);
    case Field::gate_up_b: return adapter_elements(gate_up, rank, false);
    case Field::down_a: return adapter_elements(down, rank, true);
    case Field::down_b: return adapter_elements(down, rank, false);
    default: return 0;
  }
}

int64_t Scope::lowest_layer() const {
  if (mode != LS_TRAIN_HEADS) return 0;
  return std::find_if(heads.begin(), heads.end(), [](const auto& layer) { return !layer.empty(); }) - heads.begin();
}

bool Scope::trains_below(int64_t layer, Field projection) const {
  if (mode == LS_TRAIN_ALL || layer > lowest_layer()) return true;
  if (projection == Field::qkv) return false;
  if (mode != LS_TRAIN_LORA || !qkv.targets.empty()) return true;
  if (projection == Field::o) return false;
  return !o.targets.empty() || (projection == Field::down && !gate_up.targets.empty());
}

int64_t Scope::adapter_width() const {
  size_t most = 0;
  for (const AdapterShape* shape : {&qkv, &o, &gate_up, &down}) most = std::max(most, shape->targets.size());
  return static_cast<int64_t>(most) * rank;
}

Scope checked_scope(const ls_train_options& options, const Config& config) {
  require(options.mode >= LS_TRAIN_ALL && options.mode <= LS_TRAIN_HEADS,
          "training: expected mode 1 (all), 2 (attention), 3 (lora) or 4 (heads) but found ", options.mode);
  Scope scope;
  scope.mode = static_cast<ls_mode>(options.mode);
  if (scope.mode == LS_TRAIN_LORA) set_lora(scope, options.lora, config);
  if (scope.mode == LS_TRAIN_HEADS) set_heads(scope, options.heads, options.head_count, config);
  return scope;
}

std::vector<Slice> head_slices(const Config& c, const Scope& scope) {
  std::vector<Slice> slices;
  const int64_t d = c.head_dim;
  for (int64_t l = 0; l < c.layers; l++) {
    const std::vector<int64_t>&heads = scope.heads[l], &groups = scope.groups[l];
    const int64_t named = static_cast<int64_t>(heads.size()), read = static_cast<int64_t>(groups.size());
    add_rows(slices, c, l, "q_proj", heads, 0, 0);
    add_rows(slices, c, l, "k_proj", groups, c.q_width(), named);
    add_rows(slices, c, l, "v_proj", groups, c.q_width() + c.kv_width(), named + read);
    for (int64_t i = 0; i < named; i++) {
      const int64_t column = heads[i] * d;
      const std::string range = "[:, " + std::to_string(column) + ":" + std::to_string(column + d) + "]";
      slices.push_back({{layer_name(l) + "self_attn.o_proj.weight" + range, c.hidden, d, 2, Field::o, l, i * c.hidden * d}, column, c.q_width()});
    }
  }
  return slices;
}

std::vector<Tensor> trained_table(const Config& c, const Scope& scope) {
  std::vector<Tensor> table;
  if (scope.mode == LS_TRAIN_HEADS)
    for (Slice& slice : head_slices(c, scope)) table.push_back(std::move(slice.tensor));
  if (scope.mode == LS_TRAIN_LORA)
    for (int64_t l = 0; l < c.layers; l++) {
      add_adapters(table, scope, scope.qkv, l, Field::qkv_a, Field::qkv_b);
      add_adapters(table, scope, scope.o, l, Field::o_a, Field::o_b);
      add_adapters(table, scope, scope.gate_up, l, Field::gate_up_a, Field::gate_up_b);
      add_adapters(table, scope, scope.down, l, Field::down_a, Field::down_b);
    }
  if (!scope.apart())
    for (Tensor& tensor : parameter_table(c))
      if (scope.elements(c, tensor.field, tensor.layer) > 0) table.push_back(std::move(tensor));
  return table;
}

}  // namespace ls
