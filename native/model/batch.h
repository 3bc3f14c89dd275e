// A batch of packed documents, checked once; and the rows of it that have a label.
#pragma once

#include <cstdint>
#include <vector>

#include "model/config.h"

namespace ls {

struct Batch {
  int64_t tokens = 0;
  const int32_t* ids = nullptr;  // (tokens), the caller's
  std::vector<int64_t> starts;   // (documents + 1)
  int64_t longest = 0;           // tokens of the longest document
  // Rows whose next token has a loss, ascending: row i − 1 predicts labels[i] of its document.
  std::vector<int64_t> labelled;
  std::vector<int32_t> label;  // (labelled)
  std::vector<float> weight;   // (labelled), or empty: all 1
  double weight_sum = 0;       // what a mean over the labels is divided by

  int64_t documents() const { return static_cast<int64_t>(starts.size()) - 1; }
};

// Throws LS_INVALID with the place, what was expected and what was found.
Batch checked(const ls_batch& batch, const Config& config);

// Position of each token in its document.
void fill_positions(const Batch& batch, int32_t* position);

}  // namespace ls
