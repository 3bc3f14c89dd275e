#include "model/edits.h"

#include <algorithm>
#include <vector>

namespace ls {

namespace {

void check_head(const Config& c, const char* what, int64_t i, int32_t layer, int32_t head) {
  require(layer >= 0 && layer < c.layers, what, " ", i, ": expected a layer from 0 to ", c.layers - 1, " but found ", layer);
  require(head >= 0 && head < c.heads, what, " ", i, ": expected a query head from 0 to ", c.heads - 1, " but found ", head);
}

bool reaches(const ls_edit& edit, const EditedRows& rows, int64_t r) { return (rows.number ? rows.number[r] : r) >= edit.first_row; }

// body(row's head_dim floats, row) for the rows an edit reaches.
template <class Body>
void for_rows(const ls_edit& edit, const EditedRows& rows, int64_t begin, int64_t end, float* x, int64_t stride, const Body& body) {
  for (int64_t r = begin; r < end; r++)
    if (reaches(edit, rows, r)) body(x + r * stride, r);
}

void replace_by_mean(const Config& c, const ls_edit& edit, const EditedRows& rows, float* head) {
  const auto write = [&](const float* mean, int64_t begin, int64_t end) {
    for_rows(edit, rows, begin, end, head, c.q_width(), [&](float* x, int64_t) { std::copy_n(mean, c.head_dim, x); });
  };
  if (edit.values) return write(edit.values, 0, rows.rows);
  for (int64_t d = 0; d < rows.batch->documents(); d++) {
    const int64_t begin = rows.batch->starts[d], end = rows.batch->starts[d + 1];
    std::vector<double> sum(c.head_dim);
    for (int64_t r = begin; r < end; r++)
      for (int64_t i = 0; i < c.head_dim; i++) sum[i] += head[r * c.q_width() + i];
    std::vector<float> mean(c.head_dim);
    for (int64_t i = 0; i < c.head_dim; i++) mean[i] = static_cast<float>(sum[i] / (end - begin));
    write(mean.data(), begin, end);
  }
}

}  // namespace

void check_edits(const Config& c, const ls_pass& pass, bool decoder) {
  require(pass.edit_count >= 0 && (pass.edit_count == 0 || pass.edits), "edits: expected ", pass.edit_count, " edits but found NULL");
  require(pass.capture_count >= 0 && (pass.capture_count == 0 || pass.captures), "captures: expected ", pass.capture_count,
          " captures but found NULL");
  for (int64_t i = 0; i < pass.edit_count; i++) {
    const ls_edit& edit = pass.edits[i];
    check_head(c, "edit", i, edit.layer, edit.head);
    require(edit.kind >= LS_EDIT_ZERO && edit.kind <= LS_EDIT_REPLACE, "edit ", i, ": expected a kind from 0 (zero) to 3 (replace) but found ",
            edit.kind);
    require(edit.first_row >= 0, "edit ", i, ": expected first_row of at least 0 but found ", edit.first_row);
    require(edit.kind != LS_EDIT_REPLACE || edit.values, "edit ", i, ": replace expects values but found NULL");
    require(edit.kind != LS_EDIT_MEAN || edit.values || !decoder, "edit ", i, ": in a decoder mean expects values (head_dim) but found NULL");
  }
  for (int64_t i = 0; i < pass.capture_count; i++) {
    check_head(c, "capture", i, pass.captures[i].layer, pass.captures[i].head);
    require(pass.captures[i].values != nullptr, "capture ", i, ": values is NULL");
  }
}

void edit_queries(const Config& c, const ls_pass& pass, int64_t layer, const EditedRows& rows, float* qkv) {
  for (int64_t i = 0; i < pass.edit_count; i++) {
    const ls_edit& edit = pass.edits[i];
    if (edit.layer != layer || edit.kind != LS_EDIT_UNIFORM) continue;
    for_rows(edit, rows, 0, rows.rows, qkv + edit.head * c.head_dim, c.qkv_width(), [&](float* x, int64_t) { std::fill_n(x, c.head_dim, 0.0f); });
  }
}

void edit_outputs(const Config& c, const ls_pass& pass, int64_t layer, const EditedRows& rows, float* o) {
  for (int64_t i = 0; i < pass.edit_count; i++) {
    const ls_edit& edit = pass.edits[i];
    if (edit.layer != layer) continue;
    float* head = o + edit.head * c.head_dim;
    if (edit.kind == LS_EDIT_MEAN) replace_by_mean(c, edit, rows, head);
    if (edit.kind == LS_EDIT_ZERO)
      for_rows(edit, rows, 0, rows.rows, head, c.q_width(), [&](float* x, int64_t) { std::fill_n(x, c.head_dim, 0.0f); });
    if (edit.kind == LS_EDIT_REPLACE)
      for_rows(edit, rows, 0, rows.rows, head, c.q_width(), [&](float* x, int64_t r) { std::copy_n(edit.values + r * c.head_dim, c.head_dim, x); });
  }
  for (int64_t i = 0; i < pass.capture_count; i++) {
    const ls_capture& capture = pass.captures[i];
    if (capture.layer != layer) continue;
    for (int64_t r = 0; r < rows.rows; r++) std::copy_n(o + r * c.q_width() + capture.head * c.head_dim, c.head_dim, capture.values + r * c.head_dim);
  }
}

bool captures(const ls_pass& pass, int64_t layer) {
  for (int64_t i = 0; i < pass.capture_count; i++)
    if (pass.captures[i].layer == layer) return true;
  return false;
}

}  // namespace ls
