// The probe of a pass (ls_probe): checks, and one layer's share of its outputs.
#pragma once

#include <cstdint>

#include "model/config.h"
#include "ops/attention/attention.h"

namespace ls {

void check_probe(const ls_probe& probe, int64_t tokens);
// In a decoder step: length = tokens of the sequence, the new one included.
void check_step_probe(const ls_probe& probe, int64_t sequence, int64_t length);

// Statistics of the probe's rows in one layer; attention as it is going to run.
void probe_layer(const ls_probe& probe, int64_t layer, const AttentionForward<float>& attention, const int32_t* ids);

// Where a decoder step writes one layer's statistics of one sequence.
AttentionDecode<float>::Statistics step_statistics(const Config& config, const ls_probe& probe, int64_t layer);

}  // namespace ls
