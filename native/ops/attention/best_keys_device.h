// The two best keys of a row of scores. Ties go to the lowest key; −inf and NaN are never chosen.
#pragma once

#include "runtime/device.h"

namespace ls::LS_GPU {

struct BestKeys {
  float score = -INFINITY, second_score = -INFINITY;
  int key = -1, second_key = -1;  // −1: there is none
};

LS_DEVICE void insert(BestKeys& best, float score, int key, bool beats_best, bool beats_second) {
  best.second_score = beats_best ? best.score : beats_second ? score : best.second_score;
  best.second_key = beats_best ? best.key : beats_second ? key : best.second_key;
  best.score = beats_best ? score : best.score;
  best.key = beats_best ? key : best.key;
}

// The next key: higher than all before it.
LS_DEVICE void add_next(BestKeys& best, float score, int key) { insert(best, score, key, score > best.score, score > best.second_score); }

LS_DEVICE bool beats(float score, int key, float other_score, int other_key) {
  return key >= 0 && (other_key < 0 || score > other_score || (score == other_score && key < other_key));
}

// Any other key.
LS_DEVICE void add(BestKeys& best, float score, int key) {
  insert(best, score, key, beats(score, key, best.score, best.key), beats(score, key, best.second_score, best.second_key));
}

LS_DEVICE void add(BestKeys& best, const BestKeys& other) {
  add(best, other.score, other.key);
  add(best, other.second_score, other.second_key);
}

// Of 2·step lanes whose numbers differ in the bits from `step` down to 1, all of which get the result. By the whole warp.
LS_DEVICE void merge_lanes(BestKeys& best, int step) {
  LS_NO_UNROLL
  for (; step; step /= 2) {
    BestKeys other;
    other.score = __shfl_xor_sync(kWholeWarp, best.score, step);
    other.second_score = __shfl_xor_sync(kWholeWarp, best.second_score, step);
    other.key = __shfl_xor_sync(kWholeWarp, best.key, step);
    other.second_key = __shfl_xor_sync(kWholeWarp, best.second_key, step);
    add(best, other);
  }
}

}  // namespace ls::LS_GPU
