#include <algorithm>
#include <vector>

#include "ops/attention/attention_plan.h"
#include "runtime/arena.h"

namespace ls {

namespace attention {

namespace {

Blocks owned(const std::vector<Block>& blocks) {
  Block* copy = new Block[blocks.size()];
  std::copy(blocks.begin(), blocks.end(), copy);
  return {copy, static_cast<int64_t>(blocks.size())};
}

void most_work_first(std::vector<Block>& blocks) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.work > b.work; });
}

int64_t first_visible(int64_t row, int64_t document_begin, int64_t window) {
  return window ? std::max(document_begin, row - window + 1) : document_begin;
}

int64_t document_of(const AttentionShape& s, int64_t row) {
  return std::upper_bound(s.starts, s.starts + s.documents, row) - s.starts - 1;
}

}  // namespace

Blocks::~Blocks() { delete[] block; }

Blocks row_blocks(const AttentionShape& s, int64_t size) {
  std::vector<Block> blocks;
  for (int64_t d = 0; d < s.documents; d++)
    for (int64_t begin = s.starts[d]; begin < s.starts[d + 1]; begin += size) {
      const int64_t end = std::min(s.starts[d + 1], begin + size);
      const double keys = static_cast<double>(end - first_visible(begin, s.starts[d], s.window));
      blocks.push_back({d, s.starts[d], s.starts[d + 1], begin, end, 0, keys * static_cast<double>(end - begin)});
    }
  most_work_first(blocks);
  return owned(blocks);
}

// Two threads with an odd number of key/value heads need a head to be cut in two; few heads are cut further. Each further part costs a copy of d_q.
int64_t max_key_parts(const AttentionShape& s) {
  const int64_t wanted = s.kv_heads >= 16 ? 1 : s.kv_heads >= 3 ? 2 : 4;
  return std::max<int64_t>(1, std::min(wanted, s.tokens / 256));
}

Blocks key_parts(const AttentionShape& s, int64_t size) {
  std::vector<Block> blocks;
  for (int64_t d = 0; d < s.documents; d++) {
    const int64_t first = s.starts[d], last = s.starts[d + 1], length = last - first;
    const int64_t parts = std::max<int64_t>(1, std::min(max_key_parts(s), length / 256));
    auto scores = [&](int64_t begin, int64_t end) {  // rows that see the keys [begin, end), at the granularity of blocks
      const int64_t rows_end = s.window ? std::min(last, end - 1 + s.window) : last;
      return static_cast<double>(end - begin) * static_cast<double>(rows_end - begin);
    };
    double total = 0, done = 0;
    for (int64_t k = first; k < last; k += size) total += scores(k, std::min(last, k + size));
    int64_t begin = first;
    double before = 0;
    for (int64_t k = first, part = 0; k < last; k += size) {
      const int64_t end = std::min(last, k + size);
      done += scores(k, end);
      const bool full = end == last || (part + 1 < parts && done >= total * static_cast<double>(part + 1) / static_cast<double>(parts));
      if (!full) continue;
      blocks.push_back({d, first, last, begin, end, part, done - before});
      begin = end;
      before = done;
      part++;
    }
  }
  most_work_first(blocks);
  return owned(blocks);
}

Blocks chosen_row_blocks(const ScoreRows<float>& a, int64_t size) {
  std::vector<Block> blocks;
  const AttentionShape& s = a.shape;
  for (int64_t r = 0; r < a.rows; r++) {
    const int64_t d = document_of(s, a.row[r]);
    if (blocks.empty() || blocks.back().document != d || blocks.back().end - blocks.back().begin == size)
      blocks.push_back({d, s.starts[d], s.starts[d + 1], r, r, 0, 0});
    blocks.back().end = r + 1;
  }
  return owned(blocks);
}

Blocks chosen_key_blocks(const ScoreRows<float>& a, int64_t size) {
  std::vector<Block> blocks;
  const AttentionShape& s = a.shape;
  for (int64_t r = 0; r < a.rows;) {
    const int64_t d = document_of(s, a.row[r]), first = s.starts[d], last = s.starts[d + 1];
    const int64_t skipped = (first_visible(a.row[r], first, s.window) - first) / size * size;
    while (r < a.rows && a.row[r] < last) r++;
    const int64_t seen = a.row[r - 1] + 1;
    for (int64_t k = first + skipped; k < seen; k += size) blocks.push_back({d, first, last, k, std::min(last, k + size), 0, 0});
  }
  return owned(blocks);
}

Blocks decode_blocks(const AttentionDecode<float>& a, int64_t size) {
  std::vector<Block> blocks;
  for (int64_t i = 0; i < a.sequences; i++) {
    const int64_t first = first_visible(a.length[i] - 1, 0, a.window);
    for (int64_t k = first; k < a.length[i]; k += size) blocks.push_back({i, first, a.length[i], k, std::min(a.length[i], k + size), 0, 0});
  }
  return owned(blocks);
}

float* scratch(int64_t floats) {
  thread_local Arena arena;
  arena.reserve(Arena::rounded(floats * int64_t{sizeof(float)}), "working memory of attention");
  return arena.take<float>(floats);
}

}  // namespace attention

// Δ of every row and head, then all partials of d_q but the first.
int64_t cpu::attention_backward_workspace(const AttentionShape& s, bool) {
  return s.heads * s.tokens + (attention::max_key_parts(s) - 1) * s.tokens * s.heads * s.head_dim;
}

// Working memory of the calling thread instead.
int64_t cpu::score_rows_workspace(const AttentionShape&, int64_t, int64_t) { return 0; }
int64_t cpu::attention_decode_workspace(int64_t, int64_t, int64_t, int64_t) { return 0; }

}  // namespace ls
