// The ops of ops.h on one backend, LS_BACKEND: what ops_backend.cc, ops_cpu.cc and ops_gpu.cc share. Views become pointers, integers of the host go
// where kernels read them, workspaces come from the arena.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "api/ops_backend.h"
#include "model/real.h"
#include "model/rope_cache.h"
#include "ops/attention/attention.h"

namespace ls::LS_BACKEND {

// The place of a view; NULL if it is not given.
template <class T>
T* place(const ls_view& view) { return view.buffer ? reinterpret_cast<T*>(view.buffer->address) + view.offset : nullptr; }
inline Real* reals(const ls_view& view) { return place<Real>(view); }
inline float* floats(const ls_view& view) { return place<float>(view); }
inline int32_t* ints(const ls_view& view) { return place<int32_t>(view); }

inline float as_float(double x) { return static_cast<float>(x); }
inline int64_t dense(int64_t stride, int64_t width) { return stride ? stride : width; }

// An array of the host where the op reads it: a copy on a GPU.
template <class T>
struct Input {
  const T* host;
  int64_t count;
  const T* data = nullptr;
  void lay_out(Layout& layout) { data = kDevice && host ? layout.take<T>(count) : host; }
  void fill() { if (kDevice && data) upload_all(const_cast<T*>(data), host, count); }
};

// The shape of attention, with what kernels ask of the host.
struct Shape {
  explicit Shape(const ls_attention_shape& s)
      : starts(s.starts ? std::vector<int64_t>(s.starts, s.starts + s.documents + 1) : std::vector<int64_t>{0, s.tokens}) {
    shape = {s.tokens, s.heads, s.kv_heads, s.head_dim, static_cast<int64_t>(starts.size()) - 1, starts.data(), s.window,
             as_float(s.scale != 0 ? s.scale : 1 / std::sqrt(static_cast<double>(s.head_dim)))};
    if (!kDevice) return;
    begins.resize(s.tokens);
    ends.resize(s.tokens);
    for (int64_t d = 0; d < shape.documents; d++) {
      std::fill(begins.begin() + starts[d], begins.begin() + starts[d + 1], static_cast<int32_t>(starts[d]));
      std::fill(ends.begin() + starts[d], ends.begin() + starts[d + 1], static_cast<int32_t>(starts[d + 1]));
    }
  }
  void lay_out(Layout& layout) {
    if (!kDevice) return;
    shape.row_begin = layout.take<int32_t>(shape.tokens);
    shape.row_end = layout.take<int32_t>(shape.tokens);
  }
  void fill() const {
    if (!kDevice) return;
    upload_all(const_cast<int32_t*>(shape.row_begin), begins.data(), shape.tokens);
    upload_all(const_cast<int32_t*>(shape.row_end), ends.data(), shape.tokens);
  }
  std::vector<int64_t> starts;
  std::vector<int32_t> begins, ends;
  AttentionShape shape;
};

class Ops : public AnyOps {
 public:
  const MemorySource& memory() const override { return memory_source(); }
  int64_t real_bytes() const override { return sizeof(Real); }
  bool attends(int64_t dim) const override { return kDevice ? dim == 16 || dim == 32 || dim == 64 || dim == 128 : dim % 8 == 0 && dim <= 256; }
  void write(void* to, const void* from, int64_t bytes) const override { upload(to, from, bytes); }
  void read(void* to, const void* from, int64_t bytes) const override { download(to, from, bytes); }

  // In ops_cpu.cc and ops_gpu.cc.
  bool holds(const void* address, int64_t bytes) const override;
  void* stream() const override;
  void order(void* first, void* then) const override;
  void synchronize() const override;
  void write_reals(void* to, const float* from, int64_t count) const override;
  void read_reals(float* to, const void* from, int64_t count) const override;
  void run(const ls_attention_forward& a) override;
  double run(const ls_adamw& a) override;

  // In ops_backend.cc.
  void run(const ls_attention_backward& a) override;
  void run(const ls_score_rows& a) override;
  void run(const ls_rmsnorm_forward& a) override;
  void run(const ls_rmsnorm_backward& a) override;
  void run(const ls_rotate& a) override;
  void run(const ls_swiglu_forward& a) override;
  void run(const ls_swiglu_backward& a) override;
  void run(const ls_linear_forward& a) override;
  void run(const ls_linear_backward& a) override;
  double run(const ls_linear_cross_entropy& a) override;

 private:
  // Memory of one call, which lay_out(layout) takes: once to count it, once for good.
  template <class LayOut>
  void reserve(const char* op, const LayOut& lay_out) {
    Layout plan;
    lay_out(plan);
    arena_.reserve(plan.bytes(), op);
    Layout real(arena_);
    lay_out(real);
  }

  Arena arena_{memory_source()};
  RopeCache rope_;
};

inline AttentionForward<Real> forward_of(const ls_attention& a, const AttentionShape& shape, Real* o, float* lse) {
  const int64_t q_stride = dense(a.q_stride, shape.heads * shape.head_dim), kv_stride = dense(a.kv_stride, shape.kv_heads * shape.head_dim);
  return {shape, reals(a.q), reals(a.k), reals(a.v), q_stride, kv_stride, o, lse};
}

}  // namespace ls::LS_BACKEND
