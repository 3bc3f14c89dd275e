// Backward: one item a key/value head and run of keys. For each block of keys all rows that see it, of all query heads of the group, so that d_k and
// d_v are summed in one place; P is computed again from lse. d_q is summed over the blocks of a run, and over runs in their order afterwards.
#include "ops/attention/attention_tile.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;
using attention::Block;

namespace {

constexpr int64_t kRowBlock = 64;

int64_t rows_end(const Block& keys, int64_t window) {
  return window ? smaller(keys.document_end, keys.end - 1 + window) : keys.document_end;
}

// Where an item adds d_q: d_q itself for the first run of a document, a dense partial for the others.
struct Target { float* at; int64_t stride; };
Target target(const AttentionBackward<float>& a, int64_t part) {
  const AttentionShape& s = a.forward.shape;
  const int64_t dense = s.heads * s.head_dim;
  if (part == 0) return {a.d_q, a.forward.q_stride};
  return {a.workspace + s.heads * s.tokens + (part - 1) * s.tokens * dense, dense};
}

// Δ_i = Σ_d dO·O, (heads, tokens).
void row_sums(const AttentionBackward<float>& a) {
  const AttentionShape& s = a.forward.shape;
  parallel_ranges(s.tokens, 64, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++)
      for (int64_t h = 0; h < s.heads; h++) {
        const float *o = a.forward.o + (t * s.heads + h) * s.head_dim, *d_o = a.d_o + (t * s.heads + h) * s.head_dim;
        Vec sum{};
        for (int64_t d = 0; d < s.head_dim; d += kLanes) sum += load_row(o + d, s.head_dim - d) * load_row(d_o + d, s.head_dim - d);
        a.workspace[h * s.tokens + t] = reduce_add(sum);
      }
  });
}

// The packed operands of one tile and what it adds to.
struct Tile {
  float *k_t, *v_t;        // (head_dim, kKeyBlock)
  float *k, *d_k, *d_v;    // (kKeyBlock, width)
  float *q, *d_o, *d_q;    // (kRowBlock, width); q times scale
  float *p, *d_s;          // (kRowBlock, kKeyBlock)

  static int64_t floats(int64_t head_dim) {
    const int64_t width = whole_vectors(head_dim);
    return 2 * head_dim * kKeyBlock + 3 * kKeyBlock * width + 3 * kRowBlock * width + 2 * kRowBlock * kKeyBlock;
  }
  Tile(float* at, int64_t head_dim) {
    const int64_t width = whole_vectors(head_dim);
    for (float** panel : {&k_t, &v_t}) *panel = at, at += head_dim * kKeyBlock;
    for (float** panel : {&k, &d_k, &d_v}) *panel = at, at += kKeyBlock * width;
    for (float** panel : {&q, &d_o, &d_q}) *panel = at, at += kRowBlock * width;
    for (float** panel : {&p, &d_s}) *panel = at, at += kRowBlock * kKeyBlock;
  }
};

// One row: scores become P, dP becomes dS; 0 for keys that it does not see.
void probabilities(float* p, float* d_s, int64_t begin, int64_t end, float lse, float delta) {
  for (int64_t c = begin; c < end; c += kLanes) {
    const Vec probability = exp(load(p + c) - lse);
    store(p + c, probability);
    store(d_s + c, probability * (load(d_s + c) - delta));
  }
}
void clear_unseen(float* x, int64_t columns, Range seen) {
  for (int64_t c = 0; c < smaller(columns, seen.begin); c++) x[c] = 0;
  for (int64_t c = larger(0, seen.end); c < columns; c++) x[c] = 0;
}

// Rows [row, row + rows) of one head against keys [key, key + keys).
void tile_backward(const AttentionBackward<float>& a, int64_t head, int64_t row, int64_t rows, int64_t key, int64_t keys, const Tile& t, Target target) {
  const AttentionShape& s = a.forward.shape;
  const int64_t head_dim = s.head_dim, width = whole_vectors(head_dim), k_width = whole_vectors(keys);
  const float *lse = a.forward.lse + head * s.tokens + row, *delta = a.workspace + head * s.tokens + row;
  pack_rows(rows, head_dim, s.scale, a.forward.q + row * a.forward.q_stride + head * head_dim, a.forward.q_stride, t.q);
  pack_rows(rows, head_dim, 1.0f, a.d_o + (row * s.heads + head) * head_dim, s.heads * head_dim, t.d_o);

  // Tiles at the diagonal and at the window's edge go in strips of few rows (here) and few keys (below), each with what it sees.
  const bool whole = all_visible(row, rows, key, keys, s.window);
  int64_t step = whole ? rows : kTileRows;
  for (int64_t i = 0; i < rows; i += step) {
    const int64_t strip = smaller(step, rows - i);
    const Range seen = whole ? Range{0, keys} : visible_columns(row + i, strip, key, keys, s.window);
    if (seen.begin >= seen.end) continue;
    const int64_t begin = whole_vectors_before(seen.begin), end = whole_vectors(seen.end);
    float *p = t.p + i * kKeyBlock, *d_s = t.d_s + i * kKeyBlock, *d_q = t.d_q + i * width;
    tile_gemm<TileA::row_major, TileC::set>(strip, end - begin, head_dim, t.q + i * width, width, t.k_t + begin, k_width, p + begin, kKeyBlock);
    tile_gemm<TileA::row_major, TileC::set>(strip, end - begin, head_dim, t.d_o + i * width, width, t.v_t + begin, k_width, d_s + begin, kKeyBlock);
    for (int64_t r = 0; r < strip; r++) {
      probabilities(p + r * kKeyBlock, d_s + r * kKeyBlock, begin, end, lse[i + r], delta[i + r]);
      if (whole) continue;
      const Range own = visible_columns(row + i + r, 1, key, keys, s.window);
      clear_unseen(p + r * kKeyBlock, k_width, own);
      clear_unseen(d_s + r * kKeyBlock, k_width, own);
    }
    tile_gemm<TileA::row_major, TileC::set>(strip, width, seen.end - begin, d_s + begin, kKeyBlock, t.k + begin * width, width, d_q, width);
    for (int64_t r = i; r < i + strip; r++) {
      float* to = target.at + (row + r) * target.stride + head * head_dim;
      for (int64_t d = 0; d < head_dim; d++) to[d] += s.scale * t.d_q[r * width + d];
    }
  }
  step = whole ? keys : kTileRows;
  for (int64_t c = 0; c < keys; c += step) {
    const int64_t strip = smaller(step, keys - c);
    const int64_t begin = larger(0, key + c - row), end = s.window ? smaller(rows, key + c + strip - 1 + s.window - row) : rows;
    if (begin >= end) continue;
    const int64_t from = begin * kKeyBlock + c, count = end - begin;
    tile_gemm<TileA::column_major, TileC::add>(strip, width, count, t.p + from, kKeyBlock, t.d_o + begin * width, width, t.d_v + c * width, width);
    tile_gemm<TileA::column_major, TileC::add>(strip, width, count, t.d_s + from, kKeyBlock, t.q + begin * width, width, t.d_k + c * width, width);
  }
}

void run_backward(const AttentionBackward<float>& a, int64_t kv_head, const Block& run, float* scratch) {
  const AttentionForward<float>& f = a.forward;
  const AttentionShape& s = f.shape;
  const int64_t head_dim = s.head_dim, width = whole_vectors(head_dim), group = s.heads / s.kv_heads;
  const Tile t(scratch, head_dim);
  const Target to = target(a, run.part);
  for (int64_t row = run.part ? run.begin : run.document_begin; row < (run.part ? rows_end(run, s.window) : run.document_end); row++) {
    float* d_q = to.at + row * to.stride + kv_head * group * head_dim;
    for (int64_t d = 0; d < group * head_dim; d++) d_q[d] = 0;
  }
  for (int64_t key = run.begin; key < run.end; key += kKeyBlock) {
    const int64_t keys = smaller(kKeyBlock, run.end - key), at = key * f.kv_stride + kv_head * head_dim;
    pack_transposed(keys, head_dim, f.k + at, f.kv_stride, t.k_t, whole_vectors(keys));
    pack_transposed(keys, head_dim, f.v + at, f.kv_stride, t.v_t, whole_vectors(keys));
    pack_rows(keys, head_dim, 1.0f, f.k + at, f.kv_stride, t.k);
    for (int64_t i = 0; i < keys * width; i++) t.d_k[i] = t.d_v[i] = 0;
    const int64_t end = s.window ? smaller(run.document_end, key + keys - 1 + s.window) : run.document_end;
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; head++)
      for (int64_t row = key; row < end; row += kRowBlock) tile_backward(a, head, row, smaller(kRowBlock, end - row), key, keys, t, to);
    for (int64_t i = 0; i < keys; i++)
      for (int64_t d = 0; d < head_dim; d++) {
        a.d_k[at + i * f.kv_stride + d] = t.d_k[i * width + d];
        a.d_v[at + i * f.kv_stride + d] = t.d_v[i * width + d];
      }
  }
}

// d_q += the other runs' partials, in their order.
void add_partials(const AttentionBackward<float>& a, const attention::Blocks& runs) {
  const AttentionShape& s = a.forward.shape;
  const int64_t dense = s.heads * s.head_dim;
  parallel_ranges(s.tokens, 64, [&](int64_t begin, int64_t end) {
    for (int64_t part = 1; part < attention::max_key_parts(s); part++)
      for (int64_t i = 0; i < runs.count; i++) {
        const Block& run = runs.block[i];
        if (run.part != part) continue;
        const Target from = target(a, part);
        for (int64_t row = larger(begin, run.begin); row < smaller(end, rows_end(run, s.window)); row++)
          for (int64_t d = 0; d < dense; d++) a.d_q[row * a.forward.q_stride + d] += from.at[row * dense + d];
      }
  });
}

}  // namespace

void attention_backward(const AttentionBackward<float>& a) {
  const AttentionShape& s = a.forward.shape;
  const attention::Blocks runs = attention::key_parts(s, kKeyBlock);
  const int64_t slices = thread_slices(), slice_floats = Tile::floats(s.head_dim);
  float* scratch = attention::scratch(slices * slice_floats);
  row_sums(a);
  parallel_for(s.kv_heads * runs.count,
               [&](int64_t i) { run_backward(a, i % s.kv_heads, runs.block[i / s.kv_heads], scratch + thread_slice(slices) * slice_floats); });
  add_partials(a, runs);
}

}  // namespace ls::cpu::LS_ISA
