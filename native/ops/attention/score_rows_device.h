// Chosen rows of score_rows as rows of a product. The query heads of one key/value head stand side by side, so that its keys are read once for all of them:
// line m of a key/value head is chosen row m / group of its query head m % group. Lines ascend with their rows, so the first and the last line of a tile
// bound the keys that it sees.
#pragma once

#include "ops/attention/attention.h"
#include "ops/attention/mask_device.h"
#include "ops/attention/queries_device.h"

namespace ls::LS_GPU::scores {

struct Lines {
  int group, count;  // query heads of a key/value head; rows · group
};
LS_DEVICE Lines lines_of(const ScoreRows<bf16>& a) {
  const int group = static_cast<int>(a.shape.heads / a.shape.kv_heads);
  return {group, static_cast<int>(a.rows) * group};
}

LS_DEVICE int token_of(const ScoreRows<bf16>& a, const Lines& lines, int line) { return static_cast<int>(a.row[line / lines.group]); }

// What a run of lines sees together: keys [begin, end). All of them see [all_begin, all_end).
struct Sight { int begin, end, all_begin, all_end; };
LS_DEVICE Sight sight(const ScoreRows<bf16>& a, const Lines& lines, int line, int count) {
  if (line >= lines.count) return {0, 0, 0, 0};
  const int first = token_of(a, lines, line), last = token_of(a, lines, min(line + count, lines.count) - 1);
  return {attention::first_key(a.shape, first), last + 1, attention::first_key(a.shape, last), first + 1};
}

// One line; behind the last line: sees nothing, cell −1.
struct Line {
  int token;      // it sees the keys [begin, token]
  int begin;
  int64_t cell;   // of (heads, rows)
};
LS_DEVICE Line line_at(const ScoreRows<bf16>& a, const Lines& lines, int kv_head, int line) {
  if (line >= lines.count) return {-1, 0, -1};
  const int token = token_of(a, lines, line);
  return {token, attention::first_key(a.shape, token), (kv_head * lines.group + line % lines.group) * a.rows + line / lines.group};
}
LS_DEVICE const bf16* query_of(const ScoreRows<bf16>& a, const Lines& lines, int kv_head, int line) {
  if (line >= lines.count) return nullptr;
  return a.q + token_of(a, lines, line) * a.q_stride + (kv_head * lines.group + line % lines.group) * a.shape.head_dim;
}

// The kernels of what only some callers ask for; lse2 is lse·log₂e, (heads, rows).
void start_spans(const ScoreRows<bf16>& a, const float* lse2);
void start_columns(const ScoreRows<bf16>& a, const float* lse2);

}  // namespace ls::LS_GPU::scores
