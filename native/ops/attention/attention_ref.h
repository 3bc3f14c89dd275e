// The definition of attention in double precision, for the tests: plain loops over the full matrix of probabilities.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/attention/attention.h"

namespace ls::reference {

using Doubles = std::vector<double>;

inline int64_t document_of(const AttentionShape& s, int64_t row) {
  int64_t d = 0;
  while (s.starts[d + 1] <= row) d++;
  return d;
}
inline bool sees(const AttentionShape& s, int64_t row, int64_t key) {
  return key <= row && key >= s.starts[document_of(s, row)] && (!s.window || key > row - s.window);
}

struct Forward {
  Doubles p;    // (heads, tokens, tokens), 0 where not seen
  Doubles s;    // scores, −inf where not seen
  Doubles lse;  // (heads, tokens)
  Doubles o;    // (tokens, heads, head_dim); empty without v
};

// q (tokens, heads, head_dim) and k, v (tokens, kv_heads, head_dim) with their strides, of float or double.
template <class T>
Forward forward(const AttentionShape& s, const T* q, int64_t q_stride, const T* k, const T* v, int64_t kv_stride) {
  const int64_t n = s.tokens, dim = s.head_dim;
  Forward f{Doubles(s.heads * n * n, 0.0), Doubles(s.heads * n * n, -INFINITY), Doubles(s.heads * n), Doubles(v ? n * s.heads * dim : 0, 0.0)};
  for (int64_t h = 0; h < s.heads; h++) {
    const int64_t g = h / (s.heads / s.kv_heads);
    for (int64_t i = 0; i < n; i++) {
      double *score = &f.s[(h * n + i) * n], *p = &f.p[(h * n + i) * n], top = -INFINITY, sum = 0;
      for (int64_t j = 0; j <= i; j++) {
        if (!sees(s, i, j)) continue;
        double dot = 0;
        for (int64_t d = 0; d < dim; d++) dot += double(q[i * q_stride + h * dim + d]) * double(k[j * kv_stride + g * dim + d]);
        top = std::max(top, score[j] = s.scale * dot);
      }
      for (int64_t j = 0; j <= i; j++) sum += std::exp(score[j] - top);
      f.lse[h * n + i] = top + std::log(sum);
      for (int64_t j = 0; j <= i; j++) {
        p[j] = std::exp(score[j] - f.lse[h * n + i]);
        if (v && p[j] > 0)
          for (int64_t d = 0; d < dim; d++) f.o[(i * s.heads + h) * dim + d] += p[j] * double(v[j * kv_stride + g * dim + d]);
      }
    }
  }
  return f;
}

struct Backward { Doubles d_q, d_k, d_v; };  // dense: (tokens, heads | kv_heads, head_dim)

// dP = dO·Vᵀ, dS = P∘(dP − Σ_j P∘dP), dQ = scale·dS·K, dK = scale·dSᵀ·Q, dV = Pᵀ·dO.
template <class T>
Backward backward(const AttentionShape& s, const Forward& f, const T* q, int64_t q_stride, const T* k, const T* v, int64_t kv_stride, const T* d_o) {
  const int64_t n = s.tokens, dim = s.head_dim;
  Backward b{Doubles(n * s.heads * dim, 0.0), Doubles(n * s.kv_heads * dim, 0.0), Doubles(n * s.kv_heads * dim, 0.0)};
  for (int64_t h = 0; h < s.heads; h++) {
    const int64_t g = h / (s.heads / s.kv_heads);
    for (int64_t i = 0; i < n; i++) {
      const double* p = &f.p[(h * n + i) * n];
      Doubles d_p(i + 1, 0.0);
      double delta = 0;
      for (int64_t j = 0; j <= i; j++) {
        for (int64_t d = 0; d < dim; d++) d_p[j] += double(d_o[(i * s.heads + h) * dim + d]) * double(v[j * kv_stride + g * dim + d]);
        delta += p[j] * d_p[j];
      }
      for (int64_t j = 0; j <= i; j++) {
        const double d_s = s.scale * p[j] * (d_p[j] - delta);
        for (int64_t d = 0; d < dim; d++) {
          b.d_q[(i * s.heads + h) * dim + d] += d_s * double(k[j * kv_stride + g * dim + d]);
          b.d_k[(j * s.kv_heads + g) * dim + d] += d_s * double(q[i * q_stride + h * dim + d]);
          b.d_v[(j * s.kv_heads + g) * dim + d] += p[j] * double(d_o[(i * s.heads + h) * dim + d]);
        }
      }
    }
  }
  return b;
}

}  // namespace ls::reference
