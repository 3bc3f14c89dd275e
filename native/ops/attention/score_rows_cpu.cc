// Scores of chosen rows: one item a query head and block of rows. It holds all their scores at once (blocks are small where documents are long), so
// every statistic is a plain pass over a finished row. With column sums one item takes all blocks of a head, in order.
#include "ops/attention/attention_tile.h"
#include "ops/attention/row_statistics.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;
using attention::Block;

namespace {

constexpr int64_t kScoreFloats = int64_t{1} << 18;   // scores that an item holds, 1 MiB
constexpr int64_t kPanelFloats = int64_t{1} << 24;   // packed keys at a time, unless one head alone needs more

int64_t rows_at_once(int64_t tokens) { return larger(2 * kTileRows, smaller(8 * kTileRows, kScoreFloats / tokens / kTileRows * kTileRows)); }

// What a finished row puts on a span: e holds its exponentials from key `first` on, 1/factor is their sum. Nothing for what it never sees, NaN if only the
// window hides it.
void span_statistics(const ScoreRows<float>& a, int64_t head, int64_t index, int64_t span, const float* e, int64_t first, float factor, Range seen,
                     int64_t document_begin) {
  const int64_t from = larger(a.span_begin[span], document_begin), to = smaller(a.span_end[span], seen.end), shown = larger(from, seen.begin);
  const int64_t dim = a.shape.head_dim, at = (head * a.rows + index) * a.spans + span;
  const float nothing = from < to && to <= seen.begin ? NAN : 0.0f;
  if (a.span_mass) a.span_mass[at] = shown < to ? factor * sum(e + shown - first, to - shown) : nothing;
  if (!a.span_output) return;
  float* out = a.span_output + at * dim;
  for (int64_t d = 0; d < dim; d++) out[d] = nothing;
  for (int64_t key = shown; key < to; key++) {
    const float p = factor * e[key - first], *v = a.v + key * a.kv_stride + head / (a.shape.heads / a.shape.kv_heads) * dim;
    for (int64_t d = 0; d < dim; d++) out[d] += p * v[d];
  }
}

// The columns [begin, end) of `scores` hold what the row sees, from key `first` on; −inf around it up to whole vectors.
void row_statistics(const ScoreRows<float>& a, int64_t head, int64_t index, float* scores, int64_t first, int64_t document_begin) {
  const AttentionShape& s = a.shape;
  const int64_t row = a.row[index], at = head * a.rows + index;
  const Range seen = visible(row, document_begin, s.window);
  const int64_t begin = whole_vectors_before(seen.begin - first), columns = whole_vectors(seen.end - first) - begin;
  float* e = scores + begin;
  first += begin;
  for (int64_t c = 0; c < seen.begin - first; c++) e[c] = -INFINITY;
  for (int64_t c = seen.end - first; c < columns; c++) e[c] = -INFINITY;
  const Top2 top = top2(e, columns, first);
  const float total = exponentials(e, columns, top.score), factor = 1.0f / total;
  if (a.lse) a.lse[at] = top.score + std::log(total);
  if (a.argmax) a.argmax[at] = top.key < 0 ? static_cast<int32_t>(seen.begin) : top.key;
  if (a.max_prob) a.max_prob[at] = factor;
  if (a.second) a.second[at] = top.second_key;
  if (a.second_prob) a.second_prob[at] = top.second_key < 0 ? 0.0f : factor * std::exp(top.second_score - top.score);
  if (a.span_mass || a.span_output)
    for (int64_t i = 0; i < a.spans; i++) span_statistics(a, head, index, i, e, first, factor, seen, document_begin);
  if (a.column_sum) {
    float* column = a.column_sum + head * s.tokens + seen.begin;
    for (int64_t c = 0; c < seen.end - seen.begin; c++) column[c] += factor * e[seen.begin - first + c];
  }
  if (a.pattern) {
    const int64_t after = larger(seen.begin, document_begin + 1);  // the first key that follows one of the document
    float* pattern = a.pattern + at * 3;
    pattern[0] = row > seen.begin ? factor * e[row - 1 - first] : 0.0f;
    pattern[1] = factor * sum_where(e + seen.begin - first, a.ids + seen.begin, a.ids[row], row - seen.begin);
    pattern[2] = after > row ? 0.0f : factor * sum_where(e + after - first, a.ids + after - 1, a.ids[row], row + 1 - after);
  }
}

// All rows of a block; panel: its head's keys as blocks (head_dim, key_block_width).
void score_block(const ScoreRows<float>& a, int64_t head, const Block& block, const float* panel, float* scratch) {
  const AttentionShape& s = a.shape;
  const int64_t head_dim = s.head_dim, rows = block.end - block.begin, document = panel_begin(block.document_begin, block.document);
  const int64_t seen_from = visible(a.row[block.begin], block.document_begin, s.window).begin - block.document_begin;
  const int64_t first = block.document_begin + seen_from / kKeyBlock * kKeyBlock, end = a.row[block.end - 1] + 1;
  const int64_t stride = (end - first + kKeyBlock - 1) / kKeyBlock * kKeyBlock;
  float *q = scratch, *scores = q + rows * head_dim;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t d = 0; d < head_dim; d++) q[i * head_dim + d] = s.scale * a.q[a.row[block.begin + i] * a.q_stride + head * head_dim + d];
  for (int64_t key = first; key < end; key += kKeyBlock) {
    const int64_t at = document + key - block.document_begin;
    tile_gemm<TileA::row_major, TileC::set>(rows, whole_vectors(smaller(kKeyBlock, end - key)), head_dim, q, head_dim, panel + at * head_dim,
                                            key_block_width(key, block.document_end), scores + key - first, stride);
  }
  for (int64_t i = 0; i < rows; i++) row_statistics(a, head, block.begin + i, scores + i * stride, first, block.document_begin);
}

}  // namespace

void score_rows(const ScoreRows<float>& a) {
  const AttentionShape& s = a.shape;
  if (a.column_sum)
    for (int64_t i = 0; i < s.heads * s.tokens; i++) a.column_sum[i] = 0;
  if (a.rows == 0) return;
  const int64_t most_rows = rows_at_once(s.tokens), group = s.heads / s.kv_heads, tokens = panel_tokens(s), panel_floats = tokens * s.head_dim;
  const attention::Blocks rows = attention::chosen_row_blocks(a, most_rows), keys = attention::chosen_key_blocks(a, kKeyBlock);
  const int64_t heads_at_once = larger(1, smaller(s.kv_heads, kPanelFloats / panel_floats));
  const int64_t slices = thread_slices(), slice_floats = most_rows * (s.head_dim + s.tokens + kKeyBlock) / kLanes * kLanes + kLanes;
  float* scratch = attention::scratch(heads_at_once * panel_floats + slices * slice_floats);
  float* slice = scratch + heads_at_once * panel_floats;
  const int64_t blocks_an_item = a.column_sum ? rows.count : 1, items = rows.count / blocks_an_item;
  for (int64_t kv = 0; kv < s.kv_heads; kv += heads_at_once) {
    const int64_t heads = smaller(heads_at_once, s.kv_heads - kv);
    parallel_for(heads * keys.count, [&](int64_t i) {
      const Block& b = keys.block[i / heads];
      const int64_t panel = i % heads, at = panel_begin(b.document_begin, b.document) + b.begin - b.document_begin;
      pack_transposed(b.end - b.begin, s.head_dim, a.k + b.begin * a.kv_stride + (kv + panel) * s.head_dim, a.kv_stride,
                      scratch + panel * panel_floats + at * s.head_dim, key_block_width(b.begin, b.document_end));
    });
    parallel_for(heads * group * items, [&](int64_t i) {
      const int64_t head = i % (heads * group), item = i / (heads * group);
      for (int64_t b = item * blocks_an_item; b < (item + 1) * blocks_an_item; b++)
        score_block(a, kv * group + head, rows.block[b], scratch + head / group * panel_floats, slice + thread_slice(slices) * slice_floats);
    });
  }
}

}  // namespace ls::cpu::LS_ISA
