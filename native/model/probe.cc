#include "model/probe.h"

#include <algorithm>

namespace ls {

namespace {

void check_spans(const ls_probe& probe, const std::string& what, int64_t tokens) {
  require(probe.spans >= 0 && (probe.spans == 0 || (probe.span_begin && probe.span_end)), what, ": expected ", probe.spans, " spans but found NULL");
  for (int64_t i = 0; i < probe.spans; i++)
    require(0 <= probe.span_begin[i] && probe.span_begin[i] < probe.span_end[i] && probe.span_end[i] <= tokens, what, ": expected span ", i,
            " to be a token range inside 0 to ", tokens, " but found ", probe.span_begin[i], " to ", probe.span_end[i]);
}

template <class T>
T* at(T* base, int64_t offset) { return base ? base + offset : nullptr; }

}  // namespace

void check_probe(const ls_probe& probe, int64_t tokens) {
  require(probe.rows >= 0 && (probe.rows == 0 || probe.row), "probe: expected ", probe.rows, " rows but found NULL");
  for (int64_t i = 0; i < probe.rows; i++) {
    require(probe.row[i] >= 0 && probe.row[i] < tokens, "probe: expected row ", i, " from 0 to ", tokens - 1, " but found ", probe.row[i]);
    if (i) require(probe.row[i - 1] < probe.row[i], "probe: expected ascending rows but found ", probe.row[i], " after ", probe.row[i - 1]);
  }
  check_spans(probe, "probe", tokens);
}

void check_step_probe(const ls_probe& probe, int64_t sequence, int64_t length) {
  const std::string what = sentence("probe of sequence ", sequence);
  require(!probe.column_sum && !probe.pattern, what, ": column_sum and pattern are not measured in a decoder step, expected NULL");
  check_spans(probe, what, length);
}

void probe_layer(const ls_probe& p, int64_t layer, const AttentionForward<float>& a, const int32_t* ids) {
  if (p.rows == 0) {
    if (p.column_sum) std::fill_n(p.column_sum + layer * a.shape.heads * a.shape.tokens, a.shape.heads * a.shape.tokens, 0.0f);
    return;
  }
  const int64_t heads = a.shape.heads, first = layer * heads * p.rows;
  cpu::score_rows({a.shape, a.q, a.k, a.q_stride, a.kv_stride, ids, p.rows, p.row, p.spans, p.span_begin, p.span_end, at(p.lse, first),
                   at(p.argmax, first), at(p.max_prob, first), at(p.second, first), at(p.second_prob, first), at(p.span_mass, first * p.spans),
                   at(p.column_sum, layer * heads * a.shape.tokens), at(p.pattern, first * 3)});
}

AttentionDecode<float>::Statistics step_statistics(const Config& c, const ls_probe& p, int64_t layer) {
  const int64_t first = layer * c.heads;
  return {p.spans, p.span_begin, p.span_end, at(p.lse, first), at(p.argmax, first), at(p.max_prob, first), at(p.second, first),
          at(p.second_prob, first), at(p.span_mass, first * p.spans)};
}

}  // namespace ls
