// Tiny random models and batches for the tests.
#pragma once

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "lodestone/lodestone.h"
#include "model/model.h"
#include "testing/check.h"

namespace ls::testing {

using LS_BACKEND::Engine;
using LS_BACKEND::Model;

// A GPU, or the library of its products, can be missing.
inline const bool asks_for_engine = [] {
  obstacle() = [] {
    try {
      Engine(1);
    } catch (const Error& e) {
      if (e.status != LS_UNSUPPORTED) throw;
      return std::string(e.what());
    }
    return std::string();
  };
  return true;
}();

constexpr int64_t kTinyHeadDim = 16;  // the least of a GPU

// The bound of the backend under test: fp32 on the CPU, bf16 storage on a GPU.
constexpr double bound(double fp32, double bf16_storage) { return LS_BACKEND::kDevice ? bf16_storage : fp32; }

// Under every instruction set of the CPU; once on a GPU, whose kernels have tests of their own for schedules.
inline void for_each_variant(const std::function<void()>& body) {
  if (LS_BACKEND::kDevice) body();
  else for_each_isa(body);
}

struct TinyOptions {
  bool tied = false, bias = false;
  std::vector<int64_t> windows = {};  // none
  int64_t layers = 3, heads = 4, kv_heads = 2;
};

inline ls_model_config tiny_config(const TinyOptions& o) {
  ls_model_config c{};
  c.layers = o.layers;
  c.hidden = 32;
  c.heads = o.heads;
  c.kv_heads = o.kv_heads;
  c.head_dim = kTinyHeadDim;
  c.intermediate = 48;
  c.vocabulary = 37;
  c.max_positions = 128;
  c.norm_eps = 1e-5;
  c.tied_embeddings = o.tied;
  c.qkv_bias = o.bias;
  c.windows = o.windows.empty() ? nullptr : o.windows.data();
  c.rope.theta = 1000;
  return c;
}

// Weights large enough that attention is not flat and every part matters.
inline void randomize(Model& model, uint32_t seed) {
  for (const Tensor& t : model.table) {
    const bool norm = t.rank == 1 && t.field != Field::qkv_bias;
    const float deviation = norm ? 0.2f : t.field == Field::qkv_bias ? 0.3f : t.field == Field::embedding ? 1.0f : 1.5f / std::sqrt(float(t.columns));
    std::vector<float> values = normal(t.count(), seed++, deviation);
    if (norm)
      for (float& x : values) x += 1;
    model.write(t, 0, LS_F32, values.data(), t.count());
  }
}

inline std::vector<float> read(const AnyModel& model, const Tensor& tensor) {
  std::vector<float> values(tensor.count());
  model.read(tensor, 0, values.data(), tensor.count());
  return values;
}

// Logits against a reference in double on the same stored weights.
//
// fp32: each of about 12 chained sums adds 32 to 64 terms of order 1, so its rounding is a few times 6e-8 of a residual of size 5 to 10, and the norms and
// the head pass it on amplified up to tenfold: some 1e-5. Measured 1.3e-5.
// bf16 storage: a stored number is off by at most 2^-8 of itself, 0.16 % root mean square. 36 stored tensors (12 a layer) one after another and a little
// amplification by norms and softmax make it 1 to 2 % of the logits' root mean square; the worst of a thousand is six times that. Measured 1.4 and 9.6 %.
// A wrong term is of order 1 everywhere.
constexpr double kLogitBound = bound(5e-5, 0.15);
inline void check_logits(const char* file, int line, const float* got, const double* want, int64_t count) {
  double squares = 0;
  for (int64_t i = 0; i < count; i++) squares += want[i] * want[i];
  const double size = LS_BACKEND::kDevice ? std::sqrt(squares / count) : 1;
  check_close(file, line, "logits", got, want, count, kLogitBound * size, bound(5e-5, 0));
}
#define CHECK_LOGITS(got, want, count) ::ls::testing::check_logits(__FILE__, __LINE__, got, want, count)

// Values as the backend stores them.
inline std::vector<float> stored(const std::vector<float>& values) {
  std::vector<LS_BACKEND::Real> rounded(values.size());
  convert(LS_F32, values.data(), static_cast<int64_t>(values.size()), rounded.data());
  std::vector<float> back;
  for (auto x : rounded) back.push_back(to_float(x));
  return back;
}

inline std::shared_ptr<Model> tiny_model(const TinyOptions& options = {}, uint32_t seed = 1, int threads = 1) {
  auto model = std::make_shared<Model>(std::make_shared<Engine>(threads), tiny_config(options));
  randomize(*model, seed);
  return model;
}

// Owns what an ls_batch points to.
struct TinyBatch {
  std::vector<int32_t> ids, labels;
  std::vector<int64_t> starts;
  std::vector<float> weights;

  TinyBatch(std::vector<int64_t> lengths, uint32_t seed, bool labelled = true, bool weighted = false) {
    std::mt19937 random(seed);
    starts.push_back(0);
    for (int64_t n : lengths) starts.push_back(starts.back() + n);
    for (int64_t i = 0; i < starts.back(); i++) {
      ids.push_back(static_cast<int32_t>(random() % 37));
      if (labelled) labels.push_back(random() % 4 == 0 ? -100 : ids.back());
      if (weighted) weights.push_back(0.25f + (random() % 100) / 50.0f);
    }
  }
  ls_batch get() const {
    ls_batch b{};
    b.tokens = static_cast<int64_t>(ids.size());
    b.ids = ids.data();
    b.documents = static_cast<int64_t>(starts.size()) - 1;
    b.starts = starts.data();
    b.labels = labels.empty() ? nullptr : labels.data();
    b.weights = weights.empty() ? nullptr : weights.data();
    return b;
  }
};

}  // namespace ls::testing
