// The forward pass without gradients: logits of chosen rows, loss, probe, edits, captures.
#pragma once

#include <cstdint>

#include "model/batch.h"
#include "model/model.h"

namespace ls::LS_BACKEND {

// Keys and values of one sequence, after rotation.
struct CacheView {
  Real *k, *v;       // (layers, kv_heads, capacity, head_dim)
  int64_t capacity;
};

// What a decoder wants from a pass beside what the caller asked for.
struct DecoderWants {
  const CacheView* cache = nullptr;  // is filled from position 0
  float* next_logits = nullptr;      // (vocabulary) of the last row, in the backend's memory
  int64_t rope_length = 0;           // length that rotary frequencies are taken from; 0 = the longest document
};

// The pass is checked and its memory taken before anything is written. Only rows that something asks for go through the rest of the last layer and
// the head.
void forward(const Model& model, PassSpace& space, const Batch& batch, const ls_pass& pass, const DecoderWants& wants = {});

// Bytes of such a pass.
struct PassBytes { int64_t activations, workspace; };
PassBytes forward_bytes(const Config& config, int64_t tokens);

}  // namespace ls::LS_BACKEND
