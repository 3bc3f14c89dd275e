#include "api/ops_check.h"
#include "ops/attention/attention.h"

using namespace ls;
using namespace ls::api;

namespace {

constexpr int64_t kMostTokens = 1 << 22, kMostHeads = 1 << 14, kMostSpans = 65535;

// Kernels read and write these 16 bytes at a time.
void check_eights(const Check& check, const char* name, const ls_view& view, int64_t stride) {
  check.that(view.offset % 8 == 0 && stride % 8 == 0, "expected offset and stride of ", name, " to be multiples of 8 but found ", view.offset,
             " and ", stride);
}

void check_starts(const Check& check, const ls_attention_shape& s) {
  if (!s.starts) return check.that(s.documents == 0 || s.documents == 1, "starts is NULL, so expected 1 document but found ", s.documents);
  check.within("documents", s.documents, 1, s.tokens);
  check.that(s.starts[0] == 0 && s.starts[s.documents] == s.tokens, "expected the documents to start at 0 and end at ", s.tokens, " but found ",
             s.starts[0], " and ", s.starts[s.documents]);
  for (int64_t d = 0; d < s.documents; d++)
    check.that(s.starts[d] < s.starts[d + 1], "expected ascending starts and no empty document but document ", d, " has tokens ", s.starts[d], " to ",
               s.starts[d + 1]);
}

void check_shape(const Check& check, const AnyOps& ops, const ls_attention_shape& s) {
  check.size("tokens", s.tokens, kMostTokens);
  check.size("heads", s.heads, kMostHeads);
  check.size("kv_heads", s.kv_heads, s.heads);
  check.that(s.heads % s.kv_heads == 0, "expected heads to be a multiple of kv_heads but found ", s.heads, " and ", s.kv_heads);
  check.within("head_dim", s.head_dim, 8, 256);
  check.that(s.head_dim % 8 == 0, "expected head_dim to be a multiple of 8 but found ", s.head_dim);
  if (!ops.attends(s.head_dim)) check.unsupported("expected head_dim 16, 32, 64 or 128 on a GPU but found ", s.head_dim, ": use device cpu");
  check.within("window", s.window, 0, kMostSize);
  check.number("scale", s.scale, -1e30, 1e30);
  check_starts(check, s);
}

int64_t q_width(const ls_attention& a) { return a.shape.heads * a.shape.head_dim; }
int64_t kv_width(const ls_attention& a) { return a.shape.kv_heads * a.shape.head_dim; }

// Reals of every token, with the stride of q or of k and v.
void check_strided(const Check& check, const ls_attention& a, const char* name, const ls_view& view, bool is_q) {
  const int64_t width = is_q ? q_width(a) : kv_width(a);
  const int64_t stride = is_q ? check.stride("q_stride", a.q_stride, width) : check.stride("kv_stride", a.kv_stride, width);
  check.view(name, view, LS_REAL, a.shape.tokens, width, stride);
  check_eights(check, name, view, stride);
}
void check_dense(const Check& check, const ls_attention& a, const char* name, const ls_view& view) {
  check.view(name, view, LS_REAL, a.shape.tokens * q_width(a));
  check_eights(check, name, view, 0);
}

void check_inputs(const Check& check, const AnyOps& ops, const ls_attention& a, bool with_v) {
  check_shape(check, ops, a.shape);
  check_strided(check, a, "q", a.q, true);
  check_strided(check, a, "k", a.k, false);
  if (with_v) check_strided(check, a, "v", a.v, false);
}

void check_spans(const Check& check, int64_t tokens, int64_t spans, int64_t most, const int64_t* begin, const int64_t* end) {
  check.within("spans", spans, 0, most);
  if (spans) check.given("span_begin", begin), check.given("span_end", end);
  for (int64_t i = 0; i < spans; i++)
    check.that(0 <= begin[i] && begin[i] < end[i] && end[i] <= tokens, "expected span ", i, " to be a token range inside 0 to ", tokens,
               " but found ", begin[i], " to ", end[i]);
}

void check_rows(const Check& check, const ls_score_rows& a) {
  const int64_t tokens = a.inputs.shape.tokens;
  check.size("rows", a.rows, tokens);
  check.given("row", a.row);
  for (int64_t i = 0; i < a.rows; i++) {
    check.that(a.row[i] >= 0 && a.row[i] < tokens, "expected row ", i, " from 0 to ", tokens - 1, " but found ", a.row[i]);
    if (i) check.that(a.row[i - 1] < a.row[i], "expected ascending rows but found ", a.row[i], " after ", a.row[i - 1]);
  }
}

void need_spans(const Check& check, const char* name, const ls_view& view, int64_t spans) {
  if (view.buffer) check.that(spans > 0, "expected spans for ", name, " but found none");
}

}  // namespace

extern "C" {

ls_status ls_op_attention_forward(ls_engine* engine, const ls_attention_forward* args) {
  return run_op("attention_forward", engine, args, [&](const Check& check, const ls_attention_forward& a) {
    check_inputs(check, *engine->ops, a.inputs, true);
    check_dense(check, a.inputs, "o", a.o);
    const int64_t cells = a.inputs.shape.heads * a.inputs.shape.tokens;
    check_spans(check, a.inputs.shape.tokens, a.spans, kForwardSpans, a.span_begin, a.span_end);
    need_spans(check, "span_mass", a.span_mass, a.spans);
    check.view_or_null("lse", a.lse, LS_FLOAT, cells);
    check.view_or_null("argmax", a.argmax, LS_INT, cells);
    check.view_or_null("max_prob", a.max_prob, LS_FLOAT, cells);
    check.view_or_null("span_mass", a.span_mass, LS_FLOAT, cells * a.spans);
  });
}

ls_status ls_op_attention_backward(ls_engine* engine, const ls_attention_backward* args) {
  return run_op("attention_backward", engine, args, [&](const Check& check, const ls_attention_backward& a) {
    check_inputs(check, *engine->ops, a.inputs, true);
    check_dense(check, a.inputs, "o", a.o);
    check.view("lse", a.lse, LS_FLOAT, a.inputs.shape.heads * a.inputs.shape.tokens);
    check_dense(check, a.inputs, "d_o", a.d_o);
    check_strided(check, a.inputs, "d_q", a.d_q, true);
    check_strided(check, a.inputs, "d_k", a.d_k, false);
    check_strided(check, a.inputs, "d_v", a.d_v, false);
  });
}

ls_status ls_op_score_rows(ls_engine* engine, const ls_score_rows* args) {
  return run_op("score_rows", engine, args, [&](const Check& check, const ls_score_rows& a) {
    const ls_attention_shape& s = a.inputs.shape;
    check_inputs(check, *engine->ops, a.inputs, a.span_output.buffer != nullptr);
    check_rows(check, a);
    check_spans(check, s.tokens, a.spans, kMostSpans, a.span_begin, a.span_end);
    need_spans(check, "span_mass", a.span_mass, a.spans);
    need_spans(check, "span_output", a.span_output, a.spans);
    if (a.pattern.buffer) check.given("ids", a.ids);
    const int64_t cells = s.heads * a.rows;
    check.view_or_null("lse", a.lse, LS_FLOAT, cells);
    check.view_or_null("argmax", a.argmax, LS_INT, cells);
    check.view_or_null("max_prob", a.max_prob, LS_FLOAT, cells);
    check.view_or_null("second", a.second, LS_INT, cells);
    check.view_or_null("second_prob", a.second_prob, LS_FLOAT, cells);
    check.view_or_null("span_mass", a.span_mass, LS_FLOAT, cells * a.spans);
    check.view_or_null("span_output", a.span_output, LS_FLOAT, cells * a.spans * s.head_dim);
    check.view_or_null("column_sum", a.column_sum, LS_FLOAT, s.heads * s.tokens);
    check.view_or_null("pattern", a.pattern, LS_FLOAT, cells * 3);
  });
}

}  // extern "C"
