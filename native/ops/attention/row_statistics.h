// Statistics of one row of scores, shared by score_rows and decode: the two best keys, and sums of exponentials over runs of keys.
#pragma once

#include "runtime/vec.h"

namespace ls::LS_ISA {

// The two highest scores; ties go to the lowest key; key −1 and score −inf where there is none. NaN is never chosen.
struct Top2 {
  float score = -INFINITY, second_score = -INFINITY;
  int32_t key = -1, second_key = -1;

  // Keys may come in any order.
  void add(float x, int32_t at) {
    if (at < 0) return;
    if (x > score || (x == score && at < key) || key < 0) {
      second_score = score, second_key = key;
      score = x, key = at;
    } else if (x > second_score || (x == second_score && at < second_key) || second_key < 0) {
      second_score = x, second_key = at;
    }
  }
  void add(const Top2& other) {
    add(other.score, other.key);
    add(other.second_score, other.second_key);
  }
};

// Of scores (n), a multiple of kLanes, whose first key is `first`; −inf where a key is not seen. Each lane keeps its own two, merged at the end.
inline Top2 top2(const float* scores, int64_t n, int64_t first) {
  Vec best = splat(-INFINITY), second = best;
  IVec best_key = IVec{} - 1, second_key = best_key, key;
  for (int i = 0; i < kLanes; i++) key[i] = static_cast<int32_t>(first) + i;
  for (int64_t c = 0; c < n; c += kLanes, key += kLanes) {
    const Vec x = load(scores + c);
    const IVec beats_best = x > best, beats_second = x > second;
    second = beats_best ? best : beats_second ? x : second;
    second_key = beats_best ? best_key : beats_second ? key : second_key;
    best = beats_best ? x : best;
    best_key = beats_best ? key : best_key;
  }
  Top2 top;
  for (int i = 0; i < kLanes; i++) top.add(best[i], best_key[i]), top.add(second[i], second_key[i]);
  return top;
}

inline float sum(const float* x, int64_t n) {
  Vec total{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) total += load(x + i);
  float result = reduce_add(total);
  for (; i < n; i++) result += x[i];
  return result;
}

// Σ of x over the positions whose id is the wanted one.
inline float sum_where(const float* x, const int32_t* ids, int32_t wanted, int64_t n) {
  Vec total{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    IVec id;
    std::memcpy(&id, ids + i, sizeof id);
    total += id == wanted ? load(x + i) : Vec{};
  }
  float result = reduce_add(total);
  for (; i < n; i++) result += ids[i] == wanted ? x[i] : 0.0f;
  return result;
}

// Scores become exp(score − top); returns their sum. n is a multiple of kLanes. The reference is 0 if top is −inf.
inline float exponentials(float* scores, int64_t n, float top) {
  const float reference = top == -INFINITY ? 0.0f : top;
  Vec total{};
  for (int64_t c = 0; c < n; c += kLanes) {
    const Vec e = exp(load(scores + c) - reference);
    store(scores + c, e);
    total += e;
  }
  return reduce_add(total);
}

}  // namespace ls::LS_ISA
