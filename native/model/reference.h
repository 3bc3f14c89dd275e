// The whole decoder once more, plainly and in double: what the tests hold the engine to. It forms every attention matrix.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "model/backend.h"

namespace ls::testing {

using Values = std::vector<double>;

struct ReferenceResult {
  Values logits;                       // (tokens, vocabulary)
  double loss = 0;                     // weighted mean over the labelled tokens
  std::vector<Values> outputs;         // by layer: (tokens, heads, head_dim) before the output projection, after edits
  std::vector<Values> probabilities;   // by layer: (heads, tokens, tokens)
  std::vector<Values> scores;          // by layer: scaled, −inf where hidden
};

class Reference {
 public:
  explicit Reference(const AnyModel& model) : c(model.config) {
    for (const Tensor& t : model.table) {
      std::vector<float> values(t.count());
      model.read(t, 0, values.data(), t.count());
      weights[t.name] = Values(values.begin(), values.end());
    }
  }

  ReferenceResult run(const ls_batch& batch, const std::vector<ls_edit>& edits = {}) const {
    ReferenceResult result;
    const int64_t tokens = batch.tokens;
    const Values& embedding = weights.at("model.embed_tokens.weight");
    Values x;
    for (int64_t t = 0; t < tokens; t++)
      x.insert(x.end(), embedding.begin() + batch.ids[t] * c.hidden, embedding.begin() + (batch.ids[t] + 1) * c.hidden);
    for (int64_t l = 0; l < c.layers; l++) {
      const std::string layer = "model.layers." + std::to_string(l) + ".";
      add(x, project(attend(l, layer + "self_attn.", norm(x, layer + "input_layernorm.weight"), batch, edits, result), layer + "self_attn.o_proj"));
      const Values normed = norm(x, layer + "post_attention_layernorm.weight");
      Values gate = project(normed, layer + "mlp.gate_proj"), up = project(normed, layer + "mlp.up_proj");
      for (size_t i = 0; i < gate.size(); i++) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
      add(x, project(gate, layer + "mlp.down_proj"));
    }
    result.logits = project(norm(x, "model.norm.weight"), c.tied ? "model.embed_tokens" : "lm_head");
    if (batch.labels) result.loss = loss(result.logits, batch);
    return result;
  }

  const Config c;
  std::map<std::string, Values> weights;  // by name; tests may change them

 private:
  static void add(Values& x, const Values& y) {
    for (size_t i = 0; i < x.size(); i++) x[i] += y[i];
  }

  Values norm(const Values& x, const std::string& name) const {
    const Values& w = weights.at(name);
    Values y(x.size());
    for (size_t r = 0; r < x.size(); r += c.hidden) {
      double sum = 0;
      for (int64_t i = 0; i < c.hidden; i++) sum += x[r + i] * x[r + i];
      for (int64_t i = 0; i < c.hidden; i++) y[r + i] = x[r + i] / std::sqrt(sum / c.hidden + c.norm_eps) * w[i];
    }
    return y;
  }

  Values project(const Values& x, const std::string& name) const {
    const Values& w = weights.at(name + ".weight");
    const auto bias = weights.find(name + ".bias");
    const auto is = [&](const char* part) { return name.find(part) != std::string::npos; };
    const size_t in = is("o_proj") ? c.q_width() : is("down_proj") ? c.intermediate : c.hidden;
    const size_t rows = x.size() / in, out = w.size() / in;
    Values y(rows * out);
    for (size_t r = 0; r < rows; r++)
      for (size_t o = 0; o < out; o++) {
        double sum = bias == weights.end() ? 0 : bias->second[o];
        for (size_t i = 0; i < in; i++) sum += x[r * in + i] * w[o * in + i];
        y[r * out + o] = sum;
      }
    return y;
  }

  // Pairs (d, d + head_dim/2) turned by position · theta^(−2d/head_dim).
  void rotate(Values& x, int64_t heads, const std::vector<int64_t>& position) const {
    const int64_t half = c.head_dim / 2;
    for (size_t t = 0; t < position.size(); t++)
      for (int64_t h = 0; h < heads; h++)
        for (int64_t d = 0; d < half; d++) {
          double &a = x[(t * heads + h) * c.head_dim + d], &b = x[(t * heads + h) * c.head_dim + d + half];
          const double angle = position[t] * std::pow(c.rope.theta, -2.0 * d / c.head_dim), a0 = a, b0 = b;
          a = a0 * std::cos(angle) - b0 * std::sin(angle);
          b = b0 * std::cos(angle) + a0 * std::sin(angle);
        }
  }

  Values attend(int64_t l, const std::string& name, const Values& normed, const ls_batch& batch, const std::vector<ls_edit>& edits,
                ReferenceResult& result) const {
    const int64_t tokens = batch.tokens, d = c.head_dim, group = c.heads / c.kv_heads;
    std::vector<int64_t> start(tokens), position(tokens);
    for (int64_t n = 0; n < batch.documents; n++)
      for (int64_t t = batch.starts[n]; t < batch.starts[n + 1]; t++) start[t] = batch.starts[n], position[t] = t - start[t];
    Values q = project(normed, name + "q_proj"), k = project(normed, name + "k_proj"), v = project(normed, name + "v_proj");
    rotate(q, c.heads, position);
    rotate(k, c.kv_heads, position);
    for (const ls_edit& e : edits)
      if (e.layer == l && e.kind == LS_EDIT_UNIFORM)
        for (int64_t t = e.first_row; t < tokens; t++) std::fill_n(q.begin() + (t * c.heads + e.head) * d, d, 0.0);
    Values o(tokens * c.q_width()), probabilities(c.heads * tokens * tokens), scores(c.heads * tokens * tokens, -INFINITY);
    for (int64_t h = 0; h < c.heads; h++)
      for (int64_t i = 0; i < tokens; i++) {
        double* s = &scores[(h * tokens + i) * tokens];
        double highest = -INFINITY, sum = 0;
        for (int64_t j = start[i]; j <= i; j++) {
          if (c.windows[l] > 0 && j <= i - c.windows[l]) continue;
          s[j] = 0;
          for (int64_t e = 0; e < d; e++) s[j] += q[(i * c.heads + h) * d + e] * k[(j * c.kv_heads + h / group) * d + e] / std::sqrt(double(d));
          highest = std::max(highest, s[j]);
        }
        for (int64_t j = start[i]; j <= i; j++) sum += std::exp(s[j] - highest);
        for (int64_t j = start[i]; j <= i; j++) {
          const double p = std::exp(s[j] - highest) / sum;
          probabilities[(h * tokens + i) * tokens + j] = p;
          for (int64_t e = 0; e < d; e++) o[(i * c.heads + h) * d + e] += p * v[(j * c.kv_heads + h / group) * d + e];
        }
      }
    for (const ls_edit& e : edits)
      if (e.layer == l) edit(e, batch, o);
    result.outputs.push_back(o);
    result.probabilities.push_back(std::move(probabilities));
    result.scores.push_back(std::move(scores));
    return o;
  }

  void edit(const ls_edit& e, const ls_batch& batch, Values& o) const {
    const int64_t d = c.head_dim;
    for (int64_t n = 0; n < batch.documents; n++) {
      const int64_t begin = batch.starts[n], end = batch.starts[n + 1];
      Values mean(d);
      for (int64_t t = begin; t < end; t++)
        for (int64_t i = 0; i < d; i++) mean[i] += o[(t * c.heads + e.head) * d + i] / (end - begin);
      for (int64_t t = std::max(begin, e.first_row); t < end; t++)
        for (int64_t i = 0; i < d; i++) {
          double& x = o[(t * c.heads + e.head) * d + i];
          if (e.kind == LS_EDIT_ZERO) x = 0;
          if (e.kind == LS_EDIT_MEAN) x = e.values ? e.values[i] : mean[i];
          if (e.kind == LS_EDIT_REPLACE) x = e.values[t * d + i];
        }
    }
  }

  double loss(const Values& logits, const ls_batch& batch) const {
    double sum = 0, weight_sum = 0;
    for (int64_t n = 0; n < batch.documents; n++)
      for (int64_t t = batch.starts[n] + 1; t < batch.starts[n + 1]; t++) {
        if (batch.labels[t] == -100) continue;
        const double weight = batch.weights ? batch.weights[t] : 1;
        const double* row = &logits[(t - 1) * c.vocabulary];
        double exponentials = 0;
        for (int64_t v = 0; v < c.vocabulary; v++) exponentials += std::exp(row[v]);
        sum += weight * (std::log(exponentials) - row[batch.labels[t]]);
        weight_sum += weight;
      }
    return sum / weight_sum;
  }
};

}  // namespace ls::testing
