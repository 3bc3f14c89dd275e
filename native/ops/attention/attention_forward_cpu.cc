// Forward: one item a query head and block of rows, tiles of kStrip rows × kKeyBlock keys, online softmax.
#include "ops/attention/attention_tile.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;
using attention::Block;

namespace {

constexpr int64_t kRowBlock = 96;  // rows that share a read of K and V from the outer caches
constexpr int64_t kStrip = 48;     // rows whose scores against a block of keys lie in the L1 cache, 24 KiB
constexpr int64_t kPanelFloats = int64_t{1} << 24;  // packed keys and values at a time, unless one head alone needs more

// One key/value head, packed: keys as blocks (head_dim, key_block_width), values as rows (tokens, width).
struct Panel { float *k, *v; };

void pack(const AttentionForward<float>& a, int64_t kv_head, const Block& block, Panel panel) {
  const int64_t head_dim = a.shape.head_dim;
  const int64_t at = panel_begin(block.document_begin, block.document) + block.begin - block.document_begin;
  const int64_t from = block.begin * a.kv_stride + kv_head * head_dim, count = block.end - block.begin;
  pack_transposed(count, head_dim, a.k + from, a.kv_stride, panel.k + at * head_dim, key_block_width(block.begin, block.document_end));
  pack_rows(count, head_dim, 1.0f, a.v + from, a.kv_stride, panel.v + at * whole_vectors(head_dim));
}

// Columns [begin, end) of a row's scores that it does not see become −inf.
void mask(float* score, int64_t begin, int64_t end, Range seen) {
  for (int64_t c = begin; c < smaller(end, seen.begin); c++) score[c] = -INFINITY;
  for (int64_t c = larger(begin, seen.end); c < end; c++) score[c] = -INFINITY;
}

// Scores of one row become exp(score − top); where the tile raises top, what was summed before is scaled down. A row that sees nothing of the tile
// and has seen nothing yet keeps top = −inf. NaN raises top to NaN for good.
void softmax(float* score, int64_t columns, float& top, Vec& sum, float* o, int64_t width) {
  Vec most = load(score);
  for (int64_t c = kLanes; c < columns; c += kLanes) most = max(most, load(score + c));
  const float tile_top = reduce_max(most);
  if (!(tile_top <= top)) {
    const float factor = std::exp(top - tile_top);
    sum *= factor;
    for (int64_t d = 0; d < width; d += kLanes) store(o + d, load(o + d) * factor);
    top = tile_top;
  }
  const float reference = top == -INFINITY ? 0.0f : top;
  for (int64_t c = 0; c < columns; c += kLanes) {
    const Vec p = exp(load(score + c) - reference);
    store(score + c, p);
    sum += p;
  }
}

int64_t scratch_floats(int64_t head_dim) { return kRowBlock * (head_dim + whole_vectors(head_dim) + kKeyBlock); }

void forward(const AttentionForward<float>& a, int64_t head, const Block& block, Panel panel, float* scratch) {
  const AttentionShape& s = a.shape;
  const int64_t head_dim = s.head_dim, width = whole_vectors(head_dim), rows = block.end - block.begin;
  float *o = scratch, *score = o + kRowBlock * width, *q = score + kRowBlock * kKeyBlock;
  float top[kRowBlock];
  Vec sum[kRowBlock];
  for (int64_t i = 0; i < rows; i++) {
    const float* from = a.q + (block.begin + i) * a.q_stride + head * head_dim;
    for (int64_t d = 0; d < head_dim; d++) q[i * head_dim + d] = s.scale * from[d];
    for (int64_t d = 0; d < width; d += kLanes) store(o + i * width + d, Vec{});
    top[i] = -INFINITY;
    sum[i] = Vec{};
  }
  const int64_t first = visible(block.begin, block.document_begin, s.window).begin - block.document_begin;
  for (int64_t key = block.document_begin + first / kKeyBlock * kKeyBlock; key < block.end; key += kKeyBlock) {
    const int64_t at = panel_begin(block.document_begin, block.document) + key - block.document_begin;
    const float *k = panel.k + at * head_dim, *v = panel.v + at * width;
    const int64_t k_width = key_block_width(key, block.document_end), keys = smaller(kKeyBlock, block.end - key);
    // At the diagonal and at the window's edge narrow strips of rows, each with the columns that it sees.
    const bool whole = all_visible(block.begin, rows, key, keys, s.window);
    const int64_t step = whole ? kStrip : kTileRows;
    for (int64_t i = 0; i < rows; i += step) {
      const int64_t strip = smaller(step, rows - i);
      const Range seen = whole ? Range{0, keys} : visible_columns(block.begin + i, strip, key, keys, s.window);
      if (seen.begin >= seen.end) continue;
      const int64_t begin = whole_vectors_before(seen.begin), columns = whole_vectors(seen.end) - begin;
      float* p = score + i * kKeyBlock + begin;
      tile_gemm<TileA::row_major, TileC::set>(strip, columns, head_dim, q + i * head_dim, head_dim, k + begin, k_width, p, kKeyBlock);
      for (int64_t r = i; r < i + strip; r++) {
        if (!whole) mask(score + r * kKeyBlock, begin, begin + columns, visible_columns(block.begin + r, 1, key, keys, s.window));
        softmax(score + r * kKeyBlock + begin, columns, top[r], sum[r], o + r * width, width);
      }
      tile_gemm<TileA::row_major, TileC::add>(strip, width, seen.end - begin, p, kKeyBlock, v + begin * width, width, o + i * width, width);
    }
  }
  for (int64_t i = 0; i < rows; i++) {
    const int64_t row = block.begin + i;
    const float total = reduce_add(sum[i]), factor = 1.0f / total;
    float* to = a.o + (row * s.heads + head) * head_dim;
    for (int64_t d = 0; d < head_dim; d++) to[d] = o[i * width + d] * factor;
    a.lse[head * s.tokens + row] = top[i] + std::log(total);
  }
}

}  // namespace

void attention_forward(const AttentionForward<float>& a) {
  const AttentionShape& s = a.shape;
  if (s.tokens == 0) return;
  const attention::Blocks rows = attention::row_blocks(s, kRowBlock), keys = attention::row_blocks(s, kKeyBlock);
  const int64_t tokens = panel_tokens(s), panel_floats = tokens * (s.head_dim + whole_vectors(s.head_dim)), group = s.heads / s.kv_heads;
  const int64_t heads_at_once = larger(1, smaller(s.kv_heads, kPanelFloats / panel_floats));
  const int64_t slices = thread_slices(), slice_floats = scratch_floats(s.head_dim);
  float* scratch = attention::scratch(heads_at_once * panel_floats + slices * slice_floats);
  float* slice = scratch + heads_at_once * panel_floats;
  for (int64_t first = 0; first < s.kv_heads; first += heads_at_once) {
    const int64_t heads = smaller(heads_at_once, s.kv_heads - first);
    auto panel = [&](int64_t i) { return Panel{scratch + i * panel_floats, scratch + i * panel_floats + tokens * s.head_dim}; };
    parallel_for(heads * keys.count, [&](int64_t i) { pack(a, first + i % heads, keys.block[i / heads], panel(i % heads)); });
    parallel_for(heads * group * rows.count, [&](int64_t i) {
      const int64_t head = i % (heads * group);
      forward(a, first * group + head, rows.block[i / (heads * group)], panel(head / group), slice + thread_slice(slices) * slice_floats);
    });
  }
}

}  // namespace ls::cpu::LS_ISA
