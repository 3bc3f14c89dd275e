// Edits of heads (ls_edit) and captures of their outputs (ls_capture) inside a pass.
#pragma once

#include <cstdint>

#include "model/batch.h"
#include "model/real.h"

namespace ls::LS_BACKEND {

// Throws LS_INVALID if an edit or capture of the pass is wrong. In a decoder a head's mean must be given.
void check_edits(const Config& config, const ls_pass& pass, bool decoder);

// The rows a layer works on: number (rows) is what first_row is compared with, NULL = 0, 1, 2 ...
struct EditedRows {
  int64_t rows;
  const int32_t* number;
  const Batch* batch;  // documents, for means; NULL in a decoder
  float* head;         // (rows, head_dim) scratch in the backend's memory
};

// Before attention: queries of uniform heads become 0. qkv as in layer.h.
void edit_queries(const Config& config, const ls_pass& pass, int64_t layer, const EditedRows& rows, Real* qkv);
// After attention, in the order given; then the captures. o (rows, heads, head_dim).
void edit_outputs(const Config& config, const ls_pass& pass, int64_t layer, const EditedRows& rows, Real* o);
// Whether neither needs the host between launches: no values come from it or go to it.
bool launches_only(const ls_pass& pass);
// Whether a pass wants the head outputs of a layer for themselves.
bool captures(const ls_pass& pass, int64_t layer);

}  // namespace ls::LS_BACKEND
