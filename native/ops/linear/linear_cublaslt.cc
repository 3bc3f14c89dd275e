// The products of a GPU, by cuBLASLt. Its matrices are column-major; our rows, read column-major, are the transposes: y = x·Wᵀ becomes yᵀ = W·xᵀ.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "ops/linear/column_sums.h"
#include "ops/linear/cublaslt.h"
#include "ops/linear/linear.h"
#include "runtime/error.h"
#include "runtime/gpu.h"

namespace ls::LS_GPU {

namespace {

using namespace cublaslt;

constexpr uint64_t kWorkspaceSize = 32 << 20;
constexpr size_t kMostPlans = 1024;  // batches of ever new sizes must not fill the memory

const Library& library() {
  static const Library opened = open_library();
  return opened;
}

void check(Status status, const char* call) {
  if (status != kSuccess) fail(LS_INTERNAL, "cuBLASLt: ", call, " failed: ", library().GetStatusString(status));
}

// Column-major d (m, n) = alpha·op(a)·op(b) + beta·d [+ bias, one for each row of d], op(a) (m, k) and op(b) (k, n).
struct Product {
  const char* what;
  int64_t m, n, k;
  Operation op_a; const bf16* a; int64_t a_stride;
  Operation op_b; const bf16* b; int64_t b_stride;
  DataType d_type; void* d; int64_t d_stride;
  float beta;
  const bf16* bias;
  float alpha = 1;
};

// The alignment of a pointer, as far as it matters to cuBLASLt. It takes 256 for granted, which slices of a fused projection do not have.
uint32_t alignment(const void* p) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(p);
  return static_cast<uint32_t>(std::min<uintptr_t>(256, address & (~address + 1)));
}

// All that the choice of an algorithm depends on.
using Key = std::tuple<int64_t, int64_t, int64_t, int, int64_t, int, int64_t, int, int64_t, uint32_t, uint32_t, uint32_t, uint32_t>;
Key key_of(const Product& p) {
  return {p.m, p.n, p.k, p.op_a, p.a_stride, p.op_b, p.b_stride, p.d_type, p.d_stride, alignment(p.a), alignment(p.b), alignment(p.d),
          p.bias ? alignment(p.bias) : 0};
}

// A description that cuBLASLt made and destroys.
template <class T>
using Made = std::unique_ptr<T, Status (*)(T*)>;

Made<Layout> layout(DataType type, int64_t rows, int64_t columns, int64_t stride) {
  Layout* made = nullptr;
  check(library().MatrixLayoutCreate(&made, type, rows, columns, stride), "cublasLtMatrixLayoutCreate");
  return {made, library().MatrixLayoutDestroy};
}

Made<Matmul> matmul(const Product& p) {
  Matmul* made = nullptr;
  check(library().MatmulDescCreate(&made, kComputeFloat32, kFloat32), "cublasLtMatmulDescCreate");
  Made<Matmul> owned(made, library().MatmulDescDestroy);
  const auto set = [&](MatmulAttribute attribute, const auto& value) {
    check(library().MatmulDescSetAttribute(made, attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
  };
  set(kTransposeA, p.op_a);
  set(kTransposeB, p.op_b);
  if (p.bias) {
    set(kEpilogue, kAddBias);
    set(kBiasPointer, p.bias);
  }
  return owned;
}

// One shape's descriptions and algorithm.
struct Plan {
  Made<Matmul> op;
  Made<Layout> a, b, d;
  Algorithm algorithm;

  Plan(Context* context, const Product& p)
      : op(matmul(p)),
        a(p.op_a == kPlain ? layout(kBfloat16, p.m, p.k, p.a_stride) : layout(kBfloat16, p.k, p.m, p.a_stride)),
        b(p.op_b == kPlain ? layout(kBfloat16, p.k, p.n, p.b_stride) : layout(kBfloat16, p.n, p.k, p.b_stride)),
        d(layout(p.d_type, p.m, p.n, p.d_stride)) {
    Preference* made = nullptr;
    check(library().MatmulPreferenceCreate(&made), "cublasLtMatmulPreferenceCreate");
    const Made<Preference> owned(made, library().MatmulPreferenceDestroy);
    const auto prefer = [&](PreferenceAttribute attribute, const auto& value) {
      check(library().MatmulPreferenceSetAttribute(made, attribute, &value, sizeof value), "cublasLtMatmulPreferenceSetAttribute");
    };
    prefer(kWorkspaceBytes, kWorkspaceSize);
    prefer(kReductionMask, kReduceInFloat32);  // partial sums are never rounded to bf16
    prefer(kAlignmentA, alignment(p.a));
    prefer(kAlignmentB, alignment(p.b));
    prefer(kAlignmentC, alignment(p.d));
    prefer(kAlignmentD, alignment(p.d));
    Heuristic best{};
    int found = 0;
    const Status status = library().MatmulAlgoGetHeuristic(context, op.get(), a.get(), b.get(), d.get(), d.get(), made, 1, &best, &found);
    if (status != kSuccess || found == 0 || best.status != kSuccess)
      fail(LS_INTERNAL, p.what, ": cuBLASLt has no algorithm for m ", p.m, ", n ", p.n, ", k ", p.k, ", strides ", p.a_stride, ", ", p.b_stride, " and ",
           p.d_stride, " (", library().GetStatusString(status != kSuccess ? status : best.status), ")");
    algorithm = best.algorithm;
  }
};

// What the products of one stream keep: work of one stream is in order, so one workspace is enough.
class Products {
 public:
  Products() { check(library().Create(&context_), "cublasLtCreate"); }
  ~Products() {
    plans_.clear();
    if (workspace_) release(workspace_);
    library().Destroy(context_);
  }
  Products(const Products&) = delete;

  void run(const Product& p) {
    if (!workspace_) workspace_ = allocate(kWorkspaceSize);
    const Plan& plan = plan_of(p);
    if (p.bias) check(library().MatmulDescSetAttribute(plan.op.get(), kBiasPointer, &p.bias, sizeof p.bias), "cublasLtMatmulDescSetAttribute");
    const Status status = library().Matmul(context_, plan.op.get(), &p.alpha, p.a, plan.a.get(), p.b, plan.b.get(), &p.beta, p.d, plan.d.get(), p.d,
                                           plan.d.get(), &plan.algorithm, workspace_, kWorkspaceSize, static_cast<CudaStream*>(stream()));
    if (status != kSuccess) fail(LS_INTERNAL, p.what, ": cublasLtMatmul failed: ", library().GetStatusString(status));
    started(p.what, 0);
  }

 private:
  const Plan& plan_of(const Product& p) {
    const Key key = key_of(p);
    if (const auto at = plans_.find(key); at != plans_.end()) return at->second;
    if (plans_.size() >= kMostPlans) plans_.clear();
    return plans_.try_emplace(key, context_, p).first->second;
  }

  Context* context_ = nullptr;
  void* workspace_ = nullptr;
  std::map<Key, Plan> plans_;
};

std::mutex products_mutex;
// By stream. Never destroyed with the process: the driver may be gone before static destructors run.
std::map<void*, Products>& all_products() {
  static auto& all = *new std::map<void*, Products>;
  return all;
}

void run(const Product& product) {
  if (product.m == 0 || product.n == 0) return;
  const std::lock_guard lock(products_mutex);
  all_products()[stream()].run(product);
}

}  // namespace

void linear_forward(const LinearForward<bf16>& a) {
  run({"linear forward", a.out, a.rows, a.in, kTransposed, a.weight, a.in, kPlain, a.x, a.x_stride, kBfloat16, a.y, a.y_stride, a.beta, a.bias, a.alpha});
}

void linear_logits(const LinearLogits<bf16>& a) {
  run({"logits", a.out, a.rows, a.in, kTransposed, a.weight, a.in, kPlain, a.x, a.x_stride, kFloat32, a.y, a.y_stride, 0, nullptr});
}

void linear_backward_input(const LinearBackwardInput<bf16>& a) {
  run({"linear backward (input)", a.in, a.rows, a.out, kPlain, a.weight, a.in, kPlain, a.d_y, a.d_y_stride, kBfloat16, a.d_x, a.d_x_stride, a.beta, nullptr,
       a.alpha});
}

void linear_backward_weight(const LinearBackwardWeight<bf16>& a) {
  if (a.rows == 0) return;
  run({"linear backward (weight)", a.in, a.out, a.rows, kPlain, a.x, a.x_stride, kTransposed, a.d_y, a.d_y_stride, kFloat32, a.d_weight, a.in, 1, nullptr});
  if (a.d_bias) column_sums({a.rows, a.out, a.d_y, a.d_y_stride, a.d_bias});
}

std::string gemm_name() {
  const size_t version = library().GetVersion();  // 130101: 13.1.1
  return sentence("cuBLASLt ", version / 10000, ".", version / 100 % 100, ".", version % 100, " (", library().file, ")");
}

void release_products() {
  const std::lock_guard lock(products_mutex);
  all_products().erase(stream());
}

}  // namespace ls::LS_GPU
