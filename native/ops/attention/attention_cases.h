// Random attention problems for the tests: q, k and v inside one fused projection, shapes that leave remainders everywhere.
#pragma once

#include <numeric>

#include "ops/attention/attention.h"
#include "testing/check.h"

namespace ls::testing {

struct AttentionCase {
  int64_t heads, kv_heads, head_dim;
  std::vector<int64_t> documents;  // lengths
  int64_t window = 0;
  float deviation = 1.0f;  // of q and k: scores have a deviation of its square

  std::vector<int64_t> starts{};
  std::vector<float> qkv{};

  AttentionShape shape() const {
    return {starts.back(), heads, kv_heads, head_dim, static_cast<int64_t>(documents.size()), starts.data(), window,
            static_cast<float>(1 / std::sqrt(static_cast<double>(head_dim)))};
  }
  int64_t stride() const { return (heads + 2 * kv_heads) * head_dim; }
  const float* q() const { return qkv.data(); }
  const float* k() const { return q() + heads * head_dim; }
  const float* v() const { return k() + kv_heads * head_dim; }
};

inline AttentionCase prepared(AttentionCase c, uint32_t seed = 1) {
  c.starts.assign(1, 0);
  for (int64_t length : c.documents) c.starts.push_back(c.starts.back() + length);
  c.qkv = normal(c.starts.back() * c.stride(), seed);
  for (int64_t t = 0; t < c.starts.back(); t++)
    for (int64_t i = 0; i < (c.heads + c.kv_heads) * c.head_dim; i++) c.qkv[t * c.stride() + i] *= c.deviation;
  return c;
}

// The same numbers rounded to bf16: what a GPU kernel and its reference both start from.
inline AttentionCase rounded(AttentionCase c) {
  for (float& x : c.qkv) x = to_float(to_bf16(x));
  return c;
}
inline AttentionCase rounded(AttentionCase c, uint32_t seed) { return rounded(prepared(std::move(c), seed)); }

inline std::vector<AttentionCase> attention_cases() {
  std::vector<AttentionCase> cases;
  for (int64_t head_dim : {8, 16, 24, 32, 64, 128}) cases.push_back({3, 1, head_dim, {65}});
  for (int64_t length : {1, 7, 65, 300}) cases.push_back({4, 4, 16, {length}});
  cases.push_back({4, 1, 32, {300}});
  cases.push_back({9, 3, 64, {130}});
  cases.push_back({2, 1, 256, {50}});
  cases.push_back({3, 1, 16, {7, 1, 65, 130, 1, 48, 200}});
  cases.push_back({2, 2, 8, {1, 1, 1, 1, 3}});
  for (int64_t window : {1, 5, 32, 150, 1000}) cases.push_back({3, 1, 16, {300, 7, 129}, window});
  cases.push_back({2, 1, 64, {200}, 0, 4.0f});  // sharp: one key often has nearly all
  cases.push_back({1, 1, 8, {700}});            // key range cut into parts
  cases.push_back({3, 3, 8, {530, 600}, 40});
  cases.push_back({1, 1, 8, {1100}, 40});   // runs of keys that end before the document
  cases.push_back({2, 1, 16, {400}, 255});  // tiles of which all but one score is seen
  for (auto& c : cases) c = prepared(c, static_cast<uint32_t>(&c - cases.data() + 1));
  return cases;
}

// A case's sizes, before the failures it may cause.
inline std::string describe(const AttentionCase& c) {
  std::string text = std::string(isa_name(isa())) + " heads=" + std::to_string(c.heads) + "/" + std::to_string(c.kv_heads) +
                     " head_dim=" + std::to_string(c.head_dim) + " window=" + std::to_string(c.window) + " documents=";
  for (int64_t length : c.documents) text += std::to_string(length) + ",";
  return text;
}

// Runs body(case) on all cases and instruction sets; names the case if it fails.
template <class Body>
void for_each_attention_case(const Body& body) {
  const auto cases = attention_cases();
  for_each_isa([&] {
    for (const auto& c : cases) {
      const int before = failures();
      body(c);
      if (failures() != before) std::printf("  in %s\n", describe(c).c_str());
    }
  });
}

}  // namespace ls::testing
