// How the work of attention is cut into items: by shape alone, so that results do not depend on the number of threads. Compiled once.
#pragma once

#include "ops/attention/attention.h"

namespace ls::attention {

// A run [begin, end) of rows or keys of one document.
struct Block {
  int64_t document, document_begin, document_end;
  int64_t begin, end;
  int64_t part;  // key_parts: which partial of d_q it adds to
  double work;   // scores, for the order
};

struct Blocks {
  Blocks(const Block* block, int64_t count) : block(block), count(count) {}
  Blocks(const Blocks&) = delete;
  ~Blocks();
  const Block* const block;
  const int64_t count;
};

// Rows of every document in runs of `size`, most scores first.
Blocks row_blocks(const AttentionShape& shape, int64_t size);

// Keys of every document in at most max_key_parts(shape) runs of about equal work, bounds at multiples of `size`, most work first.
int64_t max_key_parts(const AttentionShape& shape);
Blocks key_parts(const AttentionShape& shape, int64_t size);

// Chosen rows in runs of at most `size` that stay in one document; begin and end index a.row. In order.
Blocks chosen_row_blocks(const ScoreRows<float>& a, int64_t size);
// Keys that any chosen row sees, in runs of `size` from the start of each document. In order.
Blocks chosen_key_blocks(const ScoreRows<float>& a, int64_t size);

// Visible keys of each sequence in runs of `size`; document is the sequence, document_begin the first key that the window leaves. In order.
Blocks decode_blocks(const AttentionDecode<float>& a, int64_t size);

// Memory of the calling thread, kept from call to call; what was there is lost. 64-byte aligned.
float* scratch(int64_t floats);

}  // namespace ls::attention
