// Statistics of chosen rows by their definition, from the matrix of probabilities in float64; and questions to ask in the tests.
#pragma once

#include "ops/attention/attention_cases.h"
#include "ops/attention/attention_ref.h"

namespace ls::testing {

struct ScoreQuestion {
  std::vector<int64_t> rows, span_begin, span_end;
  std::vector<int32_t> ids;
};

// Every `step`-th row and the last; spans inside, across documents, empty, at both ends; ids of a small vocabulary so that duplicates abound.
inline ScoreQuestion score_question(const AttentionCase& c, int64_t step) {
  ScoreQuestion q;
  const int64_t n = c.starts.back();
  for (int64_t t = 0; t < n; t++)
    if (t % step == step / 2 || t == n - 1) q.rows.push_back(t);
  q.span_begin = {0, n / 3, n / 2, n - 1, n / 4};
  q.span_end = {std::min<int64_t>(n, 2), n / 3 + (n > 3), n, n, n / 4};
  std::mt19937 random(5);
  for (int64_t t = 0; t < n; t++) q.ids.push_back(static_cast<int32_t>(random() % 6));
  return q;
}

struct ScoreDefinition {
  reference::Doubles lse, max_prob, second_prob, span_mass, column_sum, pattern, span_output;
  std::vector<int32_t> argmax, second;
  std::vector<double> gap;  // between the two best scores
};

inline ScoreDefinition score_definition(const AttentionCase& c, const ScoreQuestion& q) {
  const AttentionShape s = c.shape();
  const auto f = reference::forward<float>(s, c.q(), c.stride(), c.k(), nullptr, c.stride());
  const int64_t n = s.tokens;
  ScoreDefinition w;
  w.column_sum.assign(s.heads * n, 0.0);
  for (int64_t h = 0; h < s.heads; h++)
    for (int64_t row : q.rows) {
      const double *p = &f.p[(h * n + row) * n], *score = &f.s[(h * n + row) * n];
      const int64_t start = s.starts[reference::document_of(s, row)];
      int32_t best = -1, second = -1;
      for (int32_t j = 0; j <= row; j++) {
        if (!reference::sees(s, row, j)) continue;
        if (best < 0 || score[j] > score[best]) second = best, best = j;
        else if (second < 0 || score[j] > score[second]) second = j;
        w.column_sum[h * n + j] += p[j];
      }
      w.lse.push_back(f.lse[h * n + row]);
      w.argmax.push_back(best);
      w.max_prob.push_back(p[best]);
      w.second.push_back(second);
      w.second_prob.push_back(second < 0 ? 0 : p[second]);
      w.gap.push_back(second < 0 ? INFINITY : score[best] - score[second]);
      for (size_t i = 0; i < q.span_begin.size(); i++) {
        bool causal = false, seen = false;
        double mass = 0;
        reference::Doubles out(s.head_dim, 0.0);
        for (int64_t j = q.span_begin[i]; j < q.span_end[i]; j++) {
          causal |= j >= start && j <= row;
          if (!reference::sees(s, row, j)) continue;
          seen = true;
          mass += p[j];
          const float* v = c.v() + j * c.stride() + h / (s.heads / s.kv_heads) * s.head_dim;
          for (int64_t d = 0; d < s.head_dim; d++) out[d] += p[j] * v[d];
        }
        if (causal && !seen) mass = NAN, out.assign(s.head_dim, NAN);
        w.span_mass.push_back(mass);
        w.span_output.insert(w.span_output.end(), out.begin(), out.end());
      }
      double before = 0, duplicates = 0, induction = 0;
      for (int64_t j = start; j <= row; j++) {
        if (j == row - 1) before = p[j];
        if (j < row && q.ids[j] == q.ids[row]) duplicates += p[j];
        if (j > start && q.ids[j - 1] == q.ids[row]) induction += p[j];
      }
      w.pattern.insert(w.pattern.end(), {before, duplicates, induction});
    }
  return w;
}

}  // namespace ls::testing
