// Attention over packed documents of equal length. Operations count the causal half: 2·heads·S²·head_dim forward (two products), 2.5 times that
// backward (five); bytes: every tensor once.
#include "ops/attention/attention.h"
#include "testing/gpu_bench.h"

namespace ls::bench::LS_GPU {

struct Documents {
  int64_t count, length, heads, kv_heads, head_dim;

  int64_t tokens() const { return count * length; }
  int64_t q() const { return tokens() * heads * head_dim; }
  int64_t kv() const { return tokens() * kv_heads * head_dim; }
  double flops() const { return 2.0 * heads * count * length * length * head_dim; }
  std::string text() const {
    return shape_of({{"documents", count}, {"tokens", length}, {"heads", heads}, {"kv_heads", kv_heads}, {"head_dim", head_dim}});
  }
};

// A batch on the device: q, k and v dense.
struct Batch {
  explicit Batch(const Documents& d) : documents(d) {
    std::vector<int32_t> begin(d.tokens()), end(d.tokens());
    for (int64_t i = 0; i <= d.count; i++) starts.push_back(i * d.length);
    for (int64_t t = 0; t < d.tokens(); t++) {
      begin[t] = static_cast<int32_t>(t / d.length * d.length);
      end[t] = begin[t] + static_cast<int32_t>(d.length);
    }
    row_begin = on_device(begin), row_end = on_device(end);
  }
  AttentionShape shape() const {
    const Documents& d = documents;
    const float scale = d.head_dim == 64 ? 0.125f : d.head_dim == 16 ? 0.25f : 0.08838835f;  // 1/sqrt(head_dim)
    return {d.tokens(), d.heads, d.kv_heads, d.head_dim, d.count, starts.data(), 0, scale, row_begin.get(), row_end.get()};
  }
  AttentionForward<bf16> forward() const {
    const Documents& d = documents;
    return {shape(), q.get(), k.get(), v.get(), d.heads * d.head_dim, d.kv_heads * d.head_dim, o.get(), lse.get(), {}};
  }

  const Documents documents;
  std::vector<int64_t> starts;
  std::shared_ptr<int32_t> row_begin, row_end;
  std::shared_ptr<bf16> q = normal<bf16>(documents.q()), k = normal<bf16>(documents.kv()), v = normal<bf16>(documents.kv());
  std::shared_ptr<bf16> o = zeros<bf16>(documents.q());
  std::shared_ptr<float> lse = zeros<float>(documents.tokens() * documents.heads);
};

static void add_forward(Suite& suite, const Documents& d) {
  const double bytes = 4.0 * (d.q() + d.kv());
  suite.add({"attention_forward", d.text(), d.flops(), bytes, [=] {
    const auto batch = std::make_shared<Batch>(d);
    return [=] { attention_forward(batch->forward()); };
  }, "", 1.0 * d.tokens()});
  // The ratio is what the statistics cost: 0.97 is 3 %.
  for (const int spans : {0, 3})
    suite.add({spans ? "attention_forward_spans" : "attention_forward_statistics", d.text(), d.flops(), bytes, [=] {
      const auto batch = std::make_shared<Batch>(d);
      const int64_t rows = d.tokens() * d.heads;
      const auto argmax = zeros<int32_t>(rows);
      const auto max_prob = zeros<float>(rows), mass = zeros<float>(rows * std::max(spans, 1));
      return [=] {
        AttentionForward<bf16> a = batch->forward();
        a.statistics.argmax = argmax.get(), a.statistics.max_prob = max_prob.get(), a.statistics.spans = spans;
        for (int s = 0; s < spans; s++) {
          a.statistics.span_begin[s] = static_cast<int32_t>(d.length * (s + 1) / 8);
          a.statistics.span_end[s] = a.statistics.span_begin[s] + static_cast<int32_t>(std::min<int64_t>(40, d.length / 8));
        }
        if (spans) a.statistics.span_mass = mass.get();
        attention_forward(a);
      };
    }, "attention_forward", 1.0 * d.tokens()});
}

static void add_backward(Suite& suite, const Documents& d) {
  for (const bool deterministic : {true, false})
    suite.add({deterministic ? "attention_backward" : "attention_backward_reductions", d.text(), 2.5 * d.flops(), 8.0 * (d.q() + d.kv()), [=] {
      const auto batch = std::make_shared<Batch>(d);
      const auto d_o = normal<bf16>(d.q()), d_q = zeros<bf16>(d.q()), d_k = zeros<bf16>(d.kv()), d_v = zeros<bf16>(d.kv());
      const auto workspace = zeros<float>(attention_backward_workspace(batch->shape(), deterministic));
      attention_forward(batch->forward());
      return [=] { attention_backward({batch->forward(), d_o.get(), d_q.get(), d_k.get(), d_v.get(), workspace.get(), deterministic}); };
    }, deterministic ? "" : "attention_backward", 1.0 * d.tokens()});
}

// The last rows of one document: the two best keys and the mass on three spans, of one layer. Operations of Q·Kᵀ; bytes of the keys.
static void add_score_rows(Suite& suite, const Documents& d, int64_t rows) {
  suite.add({"score_rows", d.text() + " rows=" + std::to_string(rows), 2.0 * d.heads * rows * d.length * d.head_dim, 2.0 * d.kv(), [=] {
    const auto batch = std::make_shared<Batch>(d);
    std::vector<int64_t> last, begin, end;
    for (int64_t r = d.tokens() - rows; r < d.tokens(); r++) last.push_back(r);
    for (int64_t s = 1; s <= 3; s++) begin.push_back(d.length * s / 8), end.push_back(begin.back() + std::min<int64_t>(40, d.length / 8));
    const auto row = on_device(last), span_begin = on_device(begin), span_end = on_device(end);
    const int64_t each = d.heads * rows;
    const auto lse = zeros<float>(each), max_prob = zeros<float>(each), second_prob = zeros<float>(each), mass = zeros<float>(3 * each);
    const auto argmax = zeros<int32_t>(each), second = zeros<int32_t>(each);
    const auto workspace = zeros<float>(score_rows_workspace(batch->shape(), rows, 3));
    return [=] {
      ScoreRows<bf16> a{};
      a.shape = batch->shape(), a.q = batch->q.get(), a.k = batch->k.get(), a.q_stride = d.heads * d.head_dim, a.kv_stride = d.kv_heads * d.head_dim;
      a.rows = rows, a.row = row.get(), a.spans = 3, a.span_begin = span_begin.get(), a.span_end = span_end.get();
      a.lse = lse.get(), a.argmax = argmax.get(), a.max_prob = max_prob.get(), a.second = second.get(), a.second_prob = second_prob.get();
      a.span_mass = mass.get(), a.workspace = workspace.get();
      score_rows(a);
    };
  }});
}

// One new row for each sequence; bytes of the keys and values read.
static void add_decode(Suite& suite, int64_t sequences, const Documents& d) {
  const int64_t dim = d.head_dim, cache = d.kv_heads * d.length * dim;
  const std::string heads = shape_of({{"heads", d.heads}, {"kv_heads", d.kv_heads}, {"head_dim", dim}});
  const std::string shape = shape_of({{"sequences", sequences}, {"tokens", d.length}}) + " " + heads;
  suite.add({"attention_decode", shape, 4.0 * sequences * d.heads * d.length * dim, 4.0 * sequences * cache, [=] {
    const auto q = normal<bf16>(sequences * d.heads * dim), k = normal<bf16>(sequences * cache), v = normal<bf16>(sequences * cache);
    const auto o = zeros<bf16>(sequences * d.heads * dim);
    std::vector<const bf16*> k_of, v_of;
    for (int64_t s = 0; s < sequences; s++) k_of.push_back(k.get() + s * cache), v_of.push_back(v.get() + s * cache);
    const auto k_table = on_device(k_of), v_table = on_device(v_of);
    const auto length = on_device(std::vector<int64_t>(sequences, d.length));
    const auto workspace = zeros<float>(attention_decode_workspace(sequences, d.heads, dim, d.length));
    const float scale = dim == 64 ? 0.125f : 0.08838835f;
    return [=] {
      (void)k, (void)v;  // kept alive
      attention_decode({sequences, d.heads, d.kv_heads, dim, 0, scale, q.get(), d.heads * dim, k_table.get(), v_table.get(), d.length, length.get(),
                        o.get(), nullptr, d.length, workspace.get()});
    };
  }, "", 1.0 * sequences});
}

// Heads of Llama-3-8B and of SmolLM2-135M, 32K tokens in all.
GPU_BENCH(attention) {
  const auto batches = suite.pick<Documents>({{16, 2048, 32, 8, 128}, {8, 4096, 32, 8, 128}, {4, 8192, 32, 8, 128}, {2, 16384, 32, 8, 128},
                                              {1, 32768, 32, 8, 128}, {16, 2048, 9, 3, 64}, {4, 8192, 9, 3, 64}, {1, 32768, 9, 3, 64}},
                                             {{2, 64, 2, 1, 16}});
  for (const Documents& d : batches) add_forward(suite, d);
  for (const Documents& d : batches) add_backward(suite, d);
  for (const Documents& d : suite.pick<Documents>({{1, 8192, 32, 8, 128}, {1, 32768, 32, 8, 128}, {1, 32768, 9, 3, 64}}, {{1, 128, 2, 1, 16}}))
    add_score_rows(suite, d, suite.tiny ? 4 : 64);
  for (const Documents& d : suite.pick<Documents>({{1, 8192, 32, 8, 128}, {1, 32768, 32, 8, 128}, {1, 8192, 9, 3, 64}}, {{1, 128, 2, 1, 16}}))
    for (const int64_t sequences : suite.pick<int64_t>({1, 8}, {2})) add_decode(suite, sequences, d);
}

}  // namespace ls::bench::LS_GPU
