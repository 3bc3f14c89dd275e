// Decode: one new row a sequence, bound by reading the cache once. One item a key/value head and run of kRun keys, read once for all query rows of
// its group; the items' partial softmaxes are put together in order.
#include "ops/attention/attention_tile.h"
#include "ops/attention/row_statistics.h"

namespace ls::cpu::LS_ISA {

using namespace ls::LS_ISA;
using attention::Block;

namespace {

constexpr int64_t kRun = 1024;

// What an item knows of one query head after its keys; exponentials are relative to `top`.
struct Partial {
  float top, sum;
  Top2 best;
};

const AttentionDecode<float>::Statistics* statistics_of(const AttentionDecode<float>& a, int64_t sequence) {
  return a.statistics ? a.statistics + sequence : nullptr;
}

int64_t most_spans(const AttentionDecode<float>& a) {
  int64_t most = 0;
  for (int64_t i = 0; a.statistics && i < a.sequences; i++)
    if (a.statistics[i].span_mass) most = larger(most, a.statistics[i].spans);
  return most;
}

// scores (keys) of one query row, kLanes keys at a time: their products are summed by one tree.
void score(const float* q, const float* k, int64_t head_dim, int64_t keys, float* scores) {
  for (int64_t t = 0; t < keys; t += kLanes) {
    Vec sums[kLanes];
    const float* row[kLanes];
    for (int i = 0; i < kLanes; i++) row[i] = k + smaller(t + i, keys - 1) * head_dim, sums[i] = Vec{};
    for (int64_t d = 0; d < head_dim; d += kLanes) {
      const Vec x = load_row(q + d, head_dim - d);
      for (int i = 0; i < kLanes; i++) sums[i] += x * load_row(row[i] + d, head_dim - d);
    }
    store(scores + t, sum_rows(sums));
  }
}

// Where the results of the items lie: for each item and each query head of its group a Partial, an output (width) and sums of exponentials (spans).
struct Memory {
  int64_t group, width, spans, slice_count, slice_floats;
  Partial* partials;
  float *outputs, *sums, *slices;
};

void decode_run(const AttentionDecode<float>& a, int64_t kv_head, const Block& run, int64_t item, const Memory& memory) {
  const int64_t head_dim = a.head_dim, width = memory.width, group = memory.group, keys = run.end - run.begin, columns = whole_vectors(keys);
  const int64_t at = (kv_head * a.capacity + run.begin) * head_dim;
  const float *k = a.k[run.document] + at, *v = a.v[run.document] + at;
  float *q = memory.slices + thread_slice(memory.slice_count) * memory.slice_floats, *scores = q + width, *packed_v = scores + group * kRun;
  const AttentionDecode<float>::Statistics* wanted = statistics_of(a, run.document);
  for (int64_t g = 0; g < group; g++) {
    pack_rows(1, head_dim, a.scale, a.q + run.document * a.q_stride + (kv_head * group + g) * head_dim, head_dim, q);
    float* e = scores + g * kRun;
    score(q, k, head_dim, keys, e);
    for (int64_t c = keys; c < columns; c++) e[c] = -INFINITY;
    Partial& partial = memory.partials[item * group + g];
    if (wanted) partial.best = top2(e, columns, run.begin);
    Vec most = load(e);
    for (int64_t c = kLanes; c < columns; c += kLanes) most = max(most, load(e + c));
    partial.top = reduce_max(most);
    partial.sum = exponentials(e, columns, partial.top);
    for (int64_t i = 0; wanted && wanted->span_mass && i < wanted->spans; i++) {
      const int64_t begin = larger(wanted->span_begin[i], run.begin), end = smaller(wanted->span_end[i], run.end);
      memory.sums[(item * group + g) * memory.spans + i] = begin < end ? sum(e + begin - run.begin, end - begin) : 0.0f;
    }
  }
  if (width != head_dim) pack_rows(keys, head_dim, 1.0f, v, head_dim, packed_v), v = packed_v;
  tile_gemm<TileA::row_major, TileC::set>(group, width, keys, scores, kRun, v, width, memory.outputs + item * group * width, width);
}

// A span before the window of the row gives NaN, one that the row never sees 0.
float span_mass(const AttentionDecode<float>& a, int64_t sequence, int64_t begin, int64_t end, float sum) {
  const int64_t to = smaller(end, a.length[sequence]);
  if (begin >= to) return 0;
  return a.window && to <= a.length[sequence] - a.window ? NAN : sum;
}

// Runs [first, last) of one sequence, one query head: partial outputs scaled to a common top and added in order.
void combine(const AttentionDecode<float>& a, int64_t sequence, int64_t head, int64_t first, int64_t last, const Memory& memory) {
  auto index = [&](int64_t run) { return (run * a.kv_heads + head / memory.group) * memory.group + head % memory.group; };
  float top = -INFINITY, total = 0;
  for (int64_t i = first; i < last; i++)
    if (const float x = memory.partials[index(i)].top; !(x <= top)) top = x;
  auto share = [&](int64_t run) { return std::exp(memory.partials[index(run)].top - top); };  // brings a run's exponentials to the common top

  float* o = a.o + (sequence * a.heads + head) * a.head_dim;
  for (int64_t d = 0; d < a.head_dim; d++) o[d] = 0;
  for (int64_t i = first; i < last; i++) {
    const float factor = share(i), *from = memory.outputs + index(i) * memory.width;
    total += factor * memory.partials[index(i)].sum;
    for (int64_t d = 0; d < a.head_dim; d++) o[d] += factor * from[d];
  }
  for (int64_t d = 0; d < a.head_dim; d++) o[d] /= total;

  const AttentionDecode<float>::Statistics* wanted = statistics_of(a, sequence);
  if (!wanted) return;
  Top2 best;
  for (int64_t i = first; i < last; i++) best.add(memory.partials[index(i)].best);
  if (wanted->lse) wanted->lse[head] = top + std::log(total);
  if (wanted->argmax) wanted->argmax[head] = best.key < 0 ? static_cast<int32_t>(a.length[sequence] - 1) : best.key;
  if (wanted->max_prob) wanted->max_prob[head] = 1.0f / total;
  if (wanted->second) wanted->second[head] = best.second_key;
  if (wanted->second_prob) wanted->second_prob[head] = best.second_key < 0 ? 0.0f : std::exp(best.second_score - best.score) / total;
  for (int64_t n = 0; wanted->span_mass && n < wanted->spans; n++) {
    float mass = 0;
    for (int64_t i = first; i < last; i++) mass += share(i) * memory.sums[index(i) * memory.spans + n];
    wanted->span_mass[head * wanted->spans + n] = span_mass(a, sequence, wanted->span_begin[n], wanted->span_end[n], mass / total);
  }
}

}  // namespace

void attention_decode(const AttentionDecode<float>& a) {
  const attention::Blocks runs = attention::decode_blocks(a, kRun);
  const int64_t group = a.heads / a.kv_heads, width = whole_vectors(a.head_dim), items = runs.count * a.kv_heads, results = items * group;
  Memory memory{};
  memory.group = group, memory.width = width, memory.spans = most_spans(a);
  memory.slice_count = thread_slices(), memory.slice_floats = width + group * kRun + (width == a.head_dim ? 0 : kRun * width);
  const int64_t partial_floats = whole_vectors(results * int64_t{sizeof(Partial) / sizeof(float)});
  float* scratch = attention::scratch(partial_floats + results * (width + memory.spans) + memory.slice_count * memory.slice_floats);
  memory.partials = reinterpret_cast<Partial*>(scratch);
  memory.outputs = scratch + partial_floats;
  memory.slices = memory.outputs + results * width;
  memory.sums = memory.slices + memory.slice_count * memory.slice_floats;
  parallel_for(items, [&](int64_t i) { decode_run(a, i % a.kv_heads, runs.block[i / a.kv_heads], i, memory); });
  for (int64_t first = 0, last; first < runs.count; first = last) {
    const int64_t sequence = runs.block[first].document;
    for (last = first; last < runs.count && runs.block[last].document == sequence;) last++;
    for (int64_t head = 0; head < a.heads; head++) combine(a, sequence, head, first, last, memory);
  }
}

}  // namespace ls::cpu::LS_ISA
