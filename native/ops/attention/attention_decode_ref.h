// The last row of one sequence of a case in float64: what decoding computes, and its statistics.
#pragma once

#include <algorithm>
#include <cmath>

#include "ops/attention/attention_cases.h"

namespace ls::testing {

struct DecodedRow {
  int64_t first;                  // key that the window leaves
  std::vector<double> s, p, o;    // scores, probabilities (keys); output (head_dim)
  std::vector<double> size;       // (head_dim) Σ p·|v|
  double lse, max_prob, second_prob;
  int64_t argmax, second;         // −1 where there is one key only

  DecodedRow(const AttentionCase& c, int64_t sequence, int64_t head)
      : first(c.window ? std::max<int64_t>(0, c.documents[sequence] - c.window) : 0),
        s(c.documents[sequence], -INFINITY), p(s.size(), 0.0), o(c.head_dim, 0.0), size(c.head_dim, 0.0), argmax(-1), second(-1) {
    const int64_t n = c.documents[sequence], dim = c.head_dim, start = c.starts[sequence], kv = head / (c.heads / c.kv_heads) * dim;
    const float* q = c.q() + (start + n - 1) * c.stride() + head * dim;
    double top = -INFINITY, total = 0;
    for (int64_t j = first; j < n; j++) {
      double dot = 0;
      for (int64_t d = 0; d < dim; d++) dot += double(q[d]) * c.k()[(start + j) * c.stride() + kv + d];
      top = std::max(top, s[j] = c.shape().scale * dot);
    }
    for (int64_t j = first; j < n; j++) total += std::exp(s[j] - top);
    for (int64_t j = first; j < n; j++) {
      p[j] = std::exp(s[j] - top) / total;
      for (int64_t d = 0; d < dim; d++) {
        const double x = c.v()[(start + j) * c.stride() + kv + d];
        o[d] += p[j] * x, size[d] += p[j] * std::abs(x);
      }
      if (argmax < 0 || s[j] > s[argmax]) second = argmax, argmax = j;
      else if (second < 0 || s[j] > s[second]) second = j;
    }
    lse = top + std::log(total);
    max_prob = p[argmax];
    second_prob = second < 0 ? 0 : p[second];
  }

  // Probability on the keys [begin, end); NaN if the window hides all of what the sequence has of them.
  double mass(int64_t begin, int64_t end) const {
    double sum = 0;
    bool past = false, seen = false;
    for (int64_t j = begin; j < std::min<int64_t>(static_cast<int64_t>(s.size()), end); j++) past = true, seen |= j >= first, sum += p[j];
    return past && !seen ? NAN : sum;
  }
};

}  // namespace ls::testing
