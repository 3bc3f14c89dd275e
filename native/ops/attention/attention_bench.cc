// Rows of lodestone_bench. FLOPs are those of the causal half: 2·heads·tokens²·head_dim forward (two products), 2.5 times that backward (five).
#include "ops/attention/attention.h"

#include <cmath>

#include "testing/bench.h"

namespace {

using namespace ls;
using bench::buffer;
using Buffer = std::shared_ptr<float>;

struct Size {
  int64_t heads, kv_heads, tokens, head_dim;
  std::string text() const {
    return "batch=1 heads=" + std::to_string(heads) + " kv_heads=" + std::to_string(kv_heads) + " tokens=" + std::to_string(tokens) +
           " head_dim=" + std::to_string(head_dim);
  }
  double flops() const { return 2.0 * heads * tokens * tokens * head_dim; }
};

const Size kSizes[] = {{9, 9, 512, 64}, {9, 9, 1024, 64}, {9, 9, 2048, 64}, {9, 9, 4096, 64}, {9, 3, 1024, 64}, {9, 3, 4096, 64}, {32, 8, 1024, 128}};

// All that a pass reads and writes, dense. Copied into the run, so alive as long as it.
struct Pass {
  std::vector<int64_t> starts;
  Buffer q, k, v, o, lse, d_o, d_q, d_k, d_v, workspace;
  AttentionShape shape;

  explicit Pass(const Size& n) : starts{0, n.tokens} {
    const int64_t q_size = n.tokens * n.heads * n.head_dim, kv_size = n.tokens * n.kv_heads * n.head_dim;
    q = buffer(q_size, 1), k = buffer(kv_size, 2), v = buffer(kv_size, 3), o = buffer(q_size), lse = buffer(n.heads * n.tokens);
    shape = {n.tokens, n.heads, n.kv_heads, n.head_dim, 1, starts.data(), 0, static_cast<float>(1 / std::sqrt(double(n.head_dim)))};
  }
  AttentionForward<float> forward() const {
    return {shape, q.get(), k.get(), v.get(), shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim, o.get(), lse.get()};
  }
  AttentionBackward<float> backward() {
    const int64_t q_size = shape.tokens * shape.heads * shape.head_dim, kv_size = shape.tokens * shape.kv_heads * shape.head_dim;
    d_o = buffer(q_size, 4), d_q = buffer(q_size), d_k = buffer(kv_size), d_v = buffer(kv_size);
    workspace = buffer(cpu::attention_backward_workspace(shape));
    return {forward(), d_o.get(), d_q.get(), d_k.get(), d_v.get(), workspace.get()};
  }
};

}  // namespace

BENCH(attention) {
  for (const Size& n : kSizes)
    bench::add({"attention_forward", n.text(), n.flops(), 0, [n] {
      auto pass = std::make_shared<Pass>(n);
      return [pass, a = pass->forward()] { cpu::attention_forward(a); };
    }});
  for (const Size& n : kSizes)
    bench::add({"attention_forward_backward", n.text(), 3.5 * n.flops(), 0, [n] {
      auto pass = std::make_shared<Pass>(n);
      return [pass, b = pass->backward()] {
        cpu::attention_forward(b.forward);
        cpu::attention_backward(b);
      };
    }});
}

// The last 64 rows, as when the rows of an answer are scored: lse, the two best keys and the mass on one span. FLOPs of QKᵀ alone.
BENCH(score_rows) {
  struct Job {
    Pass pass{{9, 9, 4096, 64}};
    std::vector<int64_t> rows;
    std::vector<int64_t> span{1000, 1040};
    std::vector<float> lse, max_prob, second_prob, mass;
    std::vector<int32_t> argmax, second;
  };
  bench::add({"score_rows", "heads=9 kv_heads=9 tokens=4096 head_dim=64 rows=64", 2.0 * 9 * 64 * 4096 * 64, 0, [] {
    auto job = std::make_shared<Job>();
    for (int64_t i = 0; i < 64; i++) job->rows.push_back(4096 - 64 + i);
    for (auto* out : {&job->lse, &job->max_prob, &job->second_prob, &job->mass}) out->resize(9 * 64);
    job->argmax.resize(9 * 64), job->second.resize(9 * 64);
    ScoreRows<float> a{};
    a.shape = job->pass.shape, a.q = job->pass.q.get(), a.k = job->pass.k.get(), a.q_stride = a.kv_stride = 9 * 64;
    a.rows = 64, a.row = job->rows.data(), a.spans = 1, a.span_begin = &job->span[0], a.span_end = &job->span[1];
    a.lse = job->lse.data(), a.argmax = job->argmax.data(), a.max_prob = job->max_prob.data();
    a.second = job->second.data(), a.second_prob = job->second_prob.data(), a.span_mass = job->mass.data();
    return [job, a] { cpu::score_rows(a); };
  }});
}

// One sequence; bytes are the keys and values read.
BENCH(attention_decode) {
  struct Job {
    Buffer q = buffer(9 * 64, 1), k = buffer(3 * 4096 * 64, 2), v = buffer(3 * 4096 * 64, 3), o = buffer(9 * 64);
    const float *k_at = k.get(), *v_at = v.get();
    int64_t length = 4096;
  };
  bench::add({"attention_decode", "heads=9 kv_heads=3 tokens=4096 head_dim=64", 0, 2.0 * 3 * 4096 * 64 * 4, [] {
    auto job = std::make_shared<Job>();
    const AttentionDecode<float> a{1, 9, 3, 64, 0, 0.125f, job->q.get(), 9 * 64, &job->k_at, &job->v_at, 4096, &job->length, job->o.get(), nullptr};
    return [job, a] { cpu::attention_decode(a); };
  }});
}
