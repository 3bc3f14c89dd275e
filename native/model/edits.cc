#include "model/edits.h"

#include <algorithm>

#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

namespace {

void check_head(const Config& c, const char* what, int64_t i, int32_t layer, int32_t head) {
  require(layer >= 0 && layer < c.layers, what, " ", i, ": expected a layer from 0 to ", c.layers - 1, " but found ", layer);
  require(head >= 0 && head < c.heads, what, " ", i, ": expected a query head from 0 to ", c.heads - 1, " but found ", head);
}

void replace_by_mean(const Config& c, const ls_edit& edit, const EditedRows& rows, Real* o) {
  if (edit.values) {
    upload_all(rows.head, edit.values, c.head_dim);
    edit_head({rows.rows, c.head_dim, c.q_width(), edit.head, o, HeadEdit::set, edit.first_row, rows.number, rows.head});
    return;
  }
  for (int64_t d = 0; d < rows.batch->documents(); d++) {
    const int64_t begin = rows.batch->starts[d], end = rows.batch->starts[d + 1], first = std::max<int64_t>(0, edit.first_row - begin);
    mean_head({begin, end, c.head_dim, c.q_width(), edit.head, o, rows.head});
    edit_head({end - begin, c.head_dim, c.q_width(), edit.head, o + begin * c.q_width(), HeadEdit::set, first, nullptr, rows.head});
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

void edit_queries(const Config& c, const ls_pass& pass, int64_t layer, const EditedRows& rows, Real* qkv) {
  for (int64_t i = 0; i < pass.edit_count; i++) {
    const ls_edit& edit = pass.edits[i];
    if (edit.layer != layer || edit.kind != LS_EDIT_UNIFORM) continue;
    edit_head({rows.rows, c.head_dim, c.qkv_width(), edit.head, qkv, HeadEdit::zero, edit.first_row, rows.number, nullptr});
  }
}

void edit_outputs(const Config& c, const ls_pass& pass, int64_t layer, const EditedRows& rows, Real* o) {
  for (int64_t i = 0; i < pass.edit_count; i++) {
    const ls_edit& edit = pass.edits[i];
    if (edit.layer != layer) continue;
    if (edit.kind == LS_EDIT_MEAN) replace_by_mean(c, edit, rows, o);
    if (edit.kind == LS_EDIT_ZERO)
      edit_head({rows.rows, c.head_dim, c.q_width(), edit.head, o, HeadEdit::zero, edit.first_row, rows.number, nullptr});
    if (edit.kind == LS_EDIT_REPLACE) {
      upload_all(rows.head, edit.values, rows.rows * c.head_dim);
      edit_head({rows.rows, c.head_dim, c.q_width(), edit.head, o, HeadEdit::replace, edit.first_row, rows.number, rows.head});
    }
  }
  for (int64_t i = 0; i < pass.capture_count; i++) {
    const ls_capture& capture = pass.captures[i];
    if (capture.layer != layer) continue;
    read_head({rows.rows, c.head_dim, c.q_width(), capture.head, o, rows.head});
    download_all(capture.values, rows.head, rows.rows * c.head_dim);
  }
}

bool launches_only(const ls_pass& pass) {
  return pass.capture_count == 0 && std::all_of(pass.edits, pass.edits + pass.edit_count, [](const ls_edit& edit) {
           return edit.kind == LS_EDIT_ZERO || edit.kind == LS_EDIT_UNIFORM;
         });
}

bool captures(const ls_pass& pass, int64_t layer) {
  for (int64_t i = 0; i < pass.capture_count; i++)
    if (pass.captures[i].layer == layer) return true;
  return false;
}

}  // namespace ls::LS_BACKEND
