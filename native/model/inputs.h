// The numbers of a batch where kernels read them.
#pragma once

#include <cstdint>

#include "model/batch.h"
#include "model/real.h"

namespace ls::LS_BACKEND {

struct Inputs {
  int32_t *ids, *position;       // (tokens) position in the document
  int32_t *row_begin, *row_end;  // (tokens) where the token's document begins and ends
  int32_t* order;                // (tokens) sorted by id, equal ones in order; on a GPU, for training
  // The rows that have a label.
  int64_t* labelled;             // (labels)
  int32_t* label;                // (labels)
  float* weight;                 // (labels), or all 1 if the batch has none
  bool weighted;

  void lay_out(Layout& layout, int64_t tokens);
  void fill(const Batch& batch, bool training);
};

}  // namespace ls::LS_BACKEND
