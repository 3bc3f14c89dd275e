#include "model/probe.h"

#include <algorithm>
#include <type_traits>
#include <vector>

namespace ls::LS_BACKEND {

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

void ProbeBuffers::lay_out(Layout& layout, const Config& c, int64_t tokens, const ls_probe& p) {
  const auto take = [&](auto*& buffer, const void* wanted, int64_t count) {
    buffer = kDevice && wanted ? layout.take<std::remove_reference_t<decltype(*buffer)>>(count) : nullptr;
  };
  const int64_t all = elements(c.heads, p.rows);
  take(row, p.row, p.rows);
  take(span_begin, p.span_begin, p.spans);
  take(span_end, p.span_end, p.spans);
  take(lse, p.lse, all);
  take(argmax, p.argmax, all);
  take(max_prob, p.max_prob, all);
  take(second, p.second, all);
  take(second_prob, p.second_prob, all);
  take(span_mass, p.span_mass, elements(all, p.spans));
  take(column_sum, p.column_sum, elements(c.heads, tokens));
  take(pattern, p.pattern, elements(all, 3));
  const AttentionShape shape{tokens, c.heads, c.kv_heads, c.head_dim, 1, nullptr, 0, 1.0f};
  workspace = kDevice ? layout.take<float>(score_rows_workspace(shape, p.rows, p.spans)) : nullptr;
}

void ProbeBuffers::fill(const ls_probe& p) {
  if (!kDevice) return;
  if (row) upload_all(row, p.row, p.rows);
  if (span_begin) upload_all(span_begin, p.span_begin, p.spans);
  if (span_end) upload_all(span_end, p.span_end, p.spans);
}

void probe_layer(const ls_probe& p, int64_t layer, const AttentionForward<Real>& a, const int32_t* ids, const ProbeBuffers& b) {
  const int64_t heads = a.shape.heads, all = heads * p.rows, columns = heads * a.shape.tokens;
  if (p.rows == 0) {
    if (p.column_sum) std::fill_n(p.column_sum + layer * columns, columns, 0.0f);
    return;
  }
  const int64_t first = layer * all;
  if (!kDevice) {
    score_rows({a.shape, a.q, a.k, a.q_stride, a.kv_stride, ids, p.rows, p.row, p.spans, p.span_begin, p.span_end, at(p.lse, first),
                at(p.argmax, first), at(p.max_prob, first), at(p.second, first), at(p.second_prob, first), at(p.span_mass, first * p.spans),
                at(p.column_sum, layer * columns), at(p.pattern, first * 3)});
    return;
  }
  score_rows({a.shape, a.q, a.k, a.q_stride, a.kv_stride, ids, p.rows, b.row, p.spans, b.span_begin, b.span_end, b.lse, b.argmax, b.max_prob, b.second,
              b.second_prob, b.span_mass, b.column_sum, b.pattern, nullptr, nullptr, b.workspace});
  const auto give = [](auto* to, int64_t offset, const auto* from, int64_t count) {
    if (to) download_all(to + offset, from, count);
  };
  give(p.lse, first, b.lse, all);
  give(p.argmax, first, b.argmax, all);
  give(p.max_prob, first, b.max_prob, all);
  give(p.second, first, b.second, all);
  give(p.second_prob, first, b.second_prob, all);
  give(p.span_mass, first * p.spans, b.span_mass, all * p.spans);
  give(p.column_sum, layer * columns, b.column_sum, columns);
  give(p.pattern, first * 3, b.pattern, all * 3);
}

namespace {

// Where the results of layer 0 of a sequence go: the caller's arrays, or on a GPU buffers like them. Spans are copied.
AttentionDecode<Real>::Statistics lay_out_step(Layout& layout, const Config& c, const ls_probe& p) {
  const auto take = [&](auto* wanted, int64_t count) { return kDevice && wanted ? layout.take<std::remove_pointer_t<decltype(wanted)>>(count) : wanted; };
  const int64_t all = elements(c.layers, c.heads);
  AttentionDecode<Real>::Statistics s{};
  s.spans = p.spans;
  s.span_begin = kDevice ? layout.take<int64_t>(p.spans) : p.span_begin;
  s.span_end = kDevice ? layout.take<int64_t>(p.spans) : p.span_end;
  s.lse = take(p.lse, all);
  s.argmax = take(p.argmax, all);
  s.max_prob = take(p.max_prob, all);
  s.second = take(p.second, all);
  s.second_prob = take(p.second_prob, all);
  s.span_mass = take(p.span_mass, elements(all, p.spans));
  return s;
}

}  // namespace

void StepProbes::open(const Config& c, int64_t count, const ls_probe* probes) {
  using Statistics = AttentionDecode<Real>::Statistics;
  count_ = count;
  probes_ = probes;
  statistics_ = nullptr;
  first_.clear();
  if (!probes) return;
  const auto lay_out = [&](Layout& layout) {
    first_.clear();
    for (int64_t i = 0; i < count; i++) first_.push_back(lay_out_step(layout, c, probes[i]));
    return layout.take<Statistics>(elements(c.layers, count));
  };
  Layout plan;
  lay_out(plan);
  arena_.reserve(plan.bytes(), "the probes of a decoder step");
  Layout real(arena_);
  statistics_ = lay_out(real);
  std::vector<Statistics> all;
  for (int64_t l = 0; l < c.layers; l++)
    for (const Statistics& f : first_) {
      const int64_t first = l * c.heads;
      all.push_back({f.spans, f.span_begin, f.span_end, at(f.lse, first), at(f.argmax, first), at(f.max_prob, first), at(f.second, first),
                     at(f.second_prob, first), at(f.span_mass, first * f.spans)});
    }
  upload_all(statistics_, all.data(), static_cast<int64_t>(all.size()));
  if (kDevice)
    for (int64_t i = 0; i < count; i++) {
      upload_all(const_cast<int64_t*>(first_[i].span_begin), probes[i].span_begin, probes[i].spans);
      upload_all(const_cast<int64_t*>(first_[i].span_end), probes[i].span_end, probes[i].spans);
    }
}

void StepProbes::close(const Config& c) const {
  if (!kDevice || !probes_) return;
  const int64_t all = c.layers * c.heads;
  for (int64_t i = 0; i < count_; i++) {
    const ls_probe& p = probes_[i];
    const auto give = [](auto* to, const auto* from, int64_t count) {
      if (to) download_all(to, from, count);
    };
    give(p.lse, first_[i].lse, all);
    give(p.argmax, first_[i].argmax, all);
    give(p.max_prob, first_[i].max_prob, all);
    give(p.second, first_[i].second, all);
    give(p.second_prob, first_[i].second_prob, all);
    give(p.span_mass, first_[i].span_mass, all * p.spans);
  }
}

}  // namespace ls::LS_BACKEND
