// The probe of a pass (ls_probe): checks, and one layer's share of its outputs.
#pragma once

#include <cstdint>
#include <vector>

#include "model/config.h"
#include "model/real.h"
#include "ops/attention/attention.h"

namespace ls::LS_BACKEND {

void check_probe(const ls_probe& probe, int64_t tokens);
// In a decoder step: length = tokens of the sequence, the new one included.
void check_step_probe(const ls_probe& probe, int64_t sequence, int64_t length);

// What a layer's statistics need in the backend's memory: on a GPU the rows and spans, and room for one layer's results on their way to the caller.
struct ProbeBuffers {
  int64_t *row, *span_begin, *span_end;
  float *lse, *max_prob, *second_prob, *span_mass, *column_sum, *pattern;
  int32_t *argmax, *second;
  float* workspace;

  void lay_out(Layout& layout, const Config& config, int64_t tokens, const ls_probe& probe);
  void fill(const ls_probe& probe);
};

// Statistics of the probe's rows in one layer; attention as it is going to run.
void probe_layer(const ls_probe& probe, int64_t layer, const AttentionForward<Real>& attention, const int32_t* ids, const ProbeBuffers& buffers);

// The probes of a decoder step, one for each sequence.
class StepProbes {
 public:
  // Takes the memory that the step's probes need; NULL probes need none.
  void open(const Config& config, int64_t count, const ls_probe* probes);
  // (count) where one layer's statistics go, NULL without probes.
  const AttentionDecode<Real>::Statistics* layer(int64_t layer) const { return statistics_ ? statistics_ + layer * count_ : nullptr; }
  // Everything to the callers.
  void close(const Config& config) const;

 private:
  int64_t count_ = 0;
  const ls_probe* probes_ = nullptr;
  AttentionDecode<Real>::Statistics* statistics_ = nullptr;  // (layers, count)
  std::vector<AttentionDecode<Real>::Statistics> first_;     // of layer 0: where a sequence's results begin
  Arena arena_{memory_source()};
};

}  // namespace ls::LS_BACKEND
