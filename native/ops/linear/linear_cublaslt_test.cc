// linear_cublaslt.cc against a stand-in for cuBLASLt that computes on the host and is strict about what it is told: operands, layouts, alignment, epilogue,
// plans. The cases are those of linear_gpu_test.cc. The file is compiled again here, into a namespace of its own, so that builds with CUDA link too.
#define LS_GPU fake

#include <cstdlib>
#include <map>
#include <memory>

#include "ops/linear/column_sums.h"
#include "ops/linear/cublaslt.h"
#include "runtime/gpu.h"

namespace ls::cublaslt {

struct Context {};
struct Matmul {
  int32_t transpose_a = kPlain, transpose_b = kPlain;
  uint32_t epilogue = kNoEpilogue;
  const void* bias = nullptr;
};
struct Layout { DataType type; uint64_t rows, columns; int64_t stride; };
struct Preference { std::map<int, uint64_t> values; };

}  // namespace ls::cublaslt

namespace ls::fake {

LS_GPU_RUNTIME

using namespace cublaslt;

int objects = 0, heuristics = 0, products = 0, contexts = 0, fault = 0;  // fault: a status for the next heuristic
bool of_cublaslt(bool condition, const char* what);

template <class T, class... Values>
Status make(T** out, Values... values) {
  *out = new T{values...};
  objects++;
  return kSuccess;
}
template <class T>
Status destroy(T* object) {
  delete object;
  objects--;
  return kSuccess;
}

Status set_matmul(Matmul* op, MatmulAttribute attribute, const void* value, size_t size) {
  void* to = attribute == kTransposeA ? static_cast<void*>(&op->transpose_a)
             : attribute == kTransposeB ? static_cast<void*>(&op->transpose_b)
             : attribute == kEpilogue   ? static_cast<void*>(&op->epilogue)
                                        : static_cast<void*>(&op->bias);
  of_cublaslt(size == (attribute == kBiasPointer ? 8 : 4), "size of an attribute of the product");
  memcpy(to, value, size);
  return kSuccess;
}

Status set_preference(Preference* preference, PreferenceAttribute attribute, const void* value, size_t size) {
  of_cublaslt(size == (attribute == kWorkspaceBytes ? 8 : 4), "size of a preference");
  memcpy(&preference->values[attribute], value, size);
  return kSuccess;
}

// The algorithm remembers what it was chosen for.
Status heuristic(Context*, Matmul* op, Layout*, Layout*, Layout* c, Layout* d, Preference* preference, int most, Heuristic* best, int* found) {
  heuristics++;
  if (fault) {
    *found = 0;
    return static_cast<Status>(fault);
  }
  auto& wanted = preference->values;
  of_cublaslt(most >= 1 && c == d && wanted[kReductionMask] == kReduceInFloat32, "the request");
  *best = {};
  best->algorithm = {{wanted[kAlignmentA], wanted[kAlignmentB], wanted[kAlignmentC], wanted[kAlignmentD], wanted[kWorkspaceBytes],
                      op->bias ? reinterpret_cast<uintptr_t>(op->bias) % 16 : 0}};
  *found = 1;
  return kSuccess;
}

float element(const void* matrix, const Layout* layout, uint64_t row, uint64_t column) {
  of_cublaslt(layout->type == kBfloat16 && row < layout->rows && column < layout->columns, "reading inside of the layout");
  return to_float(static_cast<const bf16*>(matrix)[column * layout->stride + row]);
}

bool aligned(const void* p, uint64_t bytes) { return bytes && reinterpret_cast<uintptr_t>(p) % bytes == 0; }

Status multiply(Context*, Matmul* op, const void* alpha, const void* a, Layout* la, const void* b, Layout* lb, const void* beta, const void* c, Layout* lc,
                void* d, Layout* ld, const Algorithm* algorithm, void* workspace, size_t workspace_bytes, CudaStream*) {
  products++;
  const uint64_t k = op->transpose_a ? la->rows : la->columns;
  of_cublaslt((op->transpose_a ? la->columns : la->rows) == ld->rows, "m");
  of_cublaslt((op->transpose_b ? lb->rows : lb->columns) == ld->columns, "n");
  of_cublaslt((op->transpose_b ? lb->columns : lb->rows) == k, "k");
  for (const Layout* one : {la, lb, ld}) of_cublaslt(one->stride >= static_cast<int64_t>(one->rows), "the stride of a layout");
  of_cublaslt(c == d && lc == ld, "c and d");
  of_cublaslt(aligned(a, algorithm->data[0]) && aligned(b, algorithm->data[1]) && aligned(d, algorithm->data[2]) && aligned(d, algorithm->data[3]),
              "an algorithm for this alignment");
  of_cublaslt(workspace && workspace_bytes >= algorithm->data[4] && aligned(workspace, 256), "the workspace");
  of_cublaslt((op->epilogue == kAddBias) == (op->bias != nullptr), "a bias and its epilogue");
  for (uint64_t j = 0; j < ld->columns; j++)
    for (uint64_t i = 0; i < ld->rows; i++) {
      float sum = 0;
      for (uint64_t p = 0; p < k; p++)
        sum += (op->transpose_a ? element(a, la, p, i) : element(a, la, i, p)) * (op->transpose_b ? element(b, lb, j, p) : element(b, lb, p, j));
      sum *= *static_cast<const float*>(alpha);
      if (op->bias) sum += to_float(static_cast<const bf16*>(op->bias)[i]);
      const int64_t at = j * ld->stride + i;
      const float factor = *static_cast<const float*>(beta);
      if (ld->type == kFloat32) {
        float& to = static_cast<float*>(d)[at];
        to = factor == 0 ? sum : factor * to + sum;
      } else {
        bf16& to = static_cast<bf16*>(d)[at];
        to = to_bf16(factor == 0 ? sum : factor * to_float(to) + sum);
      }
    }
  return kSuccess;
}

Library open_library() {
  Library library{};
  library.file = "stand-in";
  library.Create = [](Context** out) { contexts++; return make(out); };
  library.Destroy = [](Context* context) { contexts--; return destroy(context); };
  library.GetVersion = []() -> size_t { return 130102; };
  library.GetStatusString = [](Status) { return "CUBLAS_STATUS_NOT_SUPPORTED"; };
  library.MatmulDescCreate = [](Matmul** out, ComputeType, DataType) { return make(out); };
  library.MatmulDescDestroy = destroy<Matmul>;
  library.MatmulDescSetAttribute = set_matmul;
  library.MatrixLayoutCreate = make<Layout, DataType, uint64_t, uint64_t, int64_t>;
  library.MatrixLayoutDestroy = destroy<Layout>;
  library.MatmulPreferenceCreate = [](Preference** out) { return make(out); };
  library.MatmulPreferenceDestroy = destroy<Preference>;
  library.MatmulPreferenceSetAttribute = set_preference;
  library.MatmulAlgoGetHeuristic = heuristic;
  library.Matmul = multiply;
  return library;
}

// The rest of a device.
void open_device() {}
int stream_number = 0;
void* stream() { return &stream_number + stream_number; }
void* allocate(int64_t bytes) { return std::aligned_alloc(256, (bytes + 255) / 256 * 256); }
void release(void* memory) { std::free(memory); }
void upload(void* to, const void* from, int64_t bytes) { memcpy(to, from, bytes); }
void download(void* to, const void* from, int64_t bytes) { memcpy(to, from, bytes); }
void started(const char*, int) {}
void column_sums(const ColumnSums& a) {
  for (int64_t r = 0; r < a.rows; r++)
    for (int64_t c = 0; c < a.columns; c++) a.sums[c] += to_float(a.in[r * a.stride + c]);
}

}  // namespace ls::fake

#include "ops/linear/linear_cublaslt.cc"

#include "ops/linear/linear_gpu_test.cc"

namespace ls::fake {
bool of_cublaslt(bool condition, const char* what) {
  if (!condition) testing::report(__FILE__, __LINE__, std::string("the library was told wrong: ") + what);
  return condition;
}
}  // namespace ls::fake

TEST(a_plan_serves_until_shape_or_alignment_change) {
  const OnDevice<bf16> x(normal_bf16(9 * 32, 1)), w(normal_bf16(16 * 32, 2)), bias(normal_bf16(48, 3)), y(9 * 16);
  const auto product = [&](int64_t rows, int64_t slice, const bf16* with_bias) {
    gpu::linear_forward({rows, 16, 16, x + slice, 32, w, with_bias, y, 16, 0});
  };
  const auto searches = [&](const std::function<void()>& body) {
    const int before = fake::heuristics;
    body();
    return fake::heuristics - before;
  };
  CHECK(searches([&] { product(8, 0, nullptr); }) == 1);
  CHECK(searches([&] { product(8, 0, nullptr); }) == 0);
  CHECK(searches([&] { product(9, 0, nullptr); }) == 1);
  CHECK(searches([&] { product(8, 8, nullptr); }) == 1);     // 16 bytes on: only aligned to 16
  CHECK(searches([&] { product(8, 8, bias); }) == 1);
  CHECK(searches([&] { product(8, 8, bias + 8); }) == 1);
  CHECK(searches([&] { product(8, 8, bias + 24); }) == 0);   // another bias, as aligned: the same plan with its own pointer
  for (int64_t o = 0; o < 16; o++) {
    double want = to_float(bias.read()[24 + o]);
    for (int64_t i = 0; i < 16; i++) want += static_cast<double>(to_float(x.read()[8 + i])) * to_float(w.read()[o * 16 + i]);
    CHECK(std::abs(to_float(y.read()[o]) - want) <= bound(16) + kRounding * std::abs(want));
  }
}

TEST(each_stream_keeps_its_own_and_gives_it_back) {
  gpu::release_products();
  const int objects = fake::objects, contexts = fake::contexts;
  const OnDevice<bf16> x(normal_bf16(64, 1)), w(normal_bf16(64, 2)), y(64);
  for (int number : {1, 2}) {
    fake::stream_number = number;
    gpu::linear_forward({8, 8, 8, x, 8, w, nullptr, y, 8, 0});
  }
  CHECK(fake::contexts == contexts + 2);
  for (int number : {1, 2}) {
    fake::stream_number = number;
    gpu::release_products();
    gpu::release_products();  // nothing left: no harm
  }
  CHECK(fake::contexts == contexts && fake::objects == objects);
  fake::stream_number = 0;
}

TEST(a_product_without_algorithm_says_which) {
  const OnDevice<bf16> x(normal_bf16(64, 1)), w(normal_bf16(64, 2)), y(64);
  const auto product = [&] { gpu::linear_forward({7, 8, 6, x, 8, w, nullptr, y, 9, 0}); };
  fake::fault = 15;
  std::string text;
  try {
    product();
  } catch (const Error& e) {
    text = e.what();
    CHECK(e.status == LS_INTERNAL);
  }
  fake::fault = 0;
  CHECK(text.find("linear forward") == 0 && text.find("m 6, n 7, k 8, strides 8, 8 and 9") != std::string::npos &&
        text.find("NOT_SUPPORTED") != std::string::npos);
  product();  // and goes on
}

TEST(many_shapes_do_not_pile_up) {
  const OnDevice<bf16> x(normal_bf16(1500, 1)), w(normal_bf16(1, 2)), y(1500);
  for (int64_t rows = 1; rows <= 1500; rows++) gpu::linear_forward({rows, 1, 1, x, 1, w, nullptr, y, 1, 0});
  CHECK(fake::objects < 4 * 1100);
}

TEST(version_in_words) { CHECK(gpu::gemm_name() == "cuBLASLt 13.1.2 (stand-in)"); }
