#include "model/layer.h"

#include <algorithm>
#include <cstring>

#include "ops/linear/linear.h"
#include "ops/rmsnorm/rmsnorm.h"
#include "ops/swiglu/swiglu.h"
#include "runtime/threads.h"

namespace ls {

void normalize(const Config& c, int64_t rows, const float* x, const float* weight, float* y, float* rstd) {
  cpu::rmsnorm_forward({rows, c.hidden, c.norm_eps, x, weight, y, rstd});
}

void project_qkv(const Config& c, const LayerWeights& w, int64_t rows, const float* normed, float* qkv) {
  cpu::linear_forward({rows, c.hidden, c.qkv_width(), normed, c.hidden, w.qkv, w.qkv_bias, qkv, c.qkv_width(), 0.0f});
}

void rotate(const Config& c, const RopeCache& rope, int64_t rows, const int32_t* position, float* qkv, bool inverse) {
  // q and k are neighbours: one call turns both.
  cpu::rope({rows, c.heads + c.kv_heads, c.head_dim, c.qkv_width(), qkv, position, rope.cos(), rope.sin(), inverse});
}

AttentionForward<float> attention(const Config& c, int64_t layer, const Batch& batch, const float* qkv, float* o, float* lse) {
  const AttentionShape shape{batch.tokens, c.heads, c.kv_heads, c.head_dim, batch.documents(), batch.starts.data(), c.windows[layer],
                             c.attention_scale()};
  const float *k = qkv + c.q_width(), *v = k + c.kv_width();
  return {shape, qkv, k, v, c.qkv_width(), c.qkv_width(), o, lse};
}

void add_attention_output(const Config& c, const LayerWeights& w, int64_t rows, const float* o, float* x) {
  cpu::linear_forward({rows, c.q_width(), c.hidden, o, c.q_width(), w.o, nullptr, x, c.hidden, 1.0f});
}

void add_feed_forward(const Config& c, const LayerWeights& w, int64_t rows, const float* normed, float* gate_up, float* mlp, float* x) {
  cpu::linear_forward({rows, c.hidden, 2 * c.intermediate, normed, c.hidden, w.gate_up, nullptr, gate_up, 2 * c.intermediate, 0.0f});
  cpu::swiglu_forward({rows, c.intermediate, gate_up, mlp});
  cpu::linear_forward({rows, c.intermediate, c.hidden, mlp, c.intermediate, w.down, nullptr, x, c.hidden, 1.0f});
}

void copy(const float* from, int64_t count, float* to) {
  parallel_ranges(count, 1 << 16, [&](int64_t begin, int64_t end) { std::memcpy(to + begin, from + begin, (end - begin) * sizeof(float)); });
}

void gather_rows(const float* from, const int64_t* rows, int64_t count, int64_t width, float* to) {
  parallel_ranges(count, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) std::copy_n(from + rows[i] * width, width, to + i * width);
  });
}

void scatter_rows(const float* from, const int64_t* rows, int64_t count, int64_t width, float* to) {
  parallel_ranges(count, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) std::copy_n(from + i * width, width, to + rows[i] * width);
  });
}

}  // namespace ls
