#include "ops/linear/gemm.h"

#include "ops/linear/linear.h"

#if defined(LS_GEMM_ONEDNN)
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include <exception>
#include <string>

#include "runtime/error.h"
#else
#include <algorithm>
#include <vector>
#endif

namespace ls::cpu {

#if defined(LS_GEMM_ONEDNN)

// oneDNN takes as many threads as OpenMP would give it, and none inside a parallel region; one thread here, so that a lone tile is computed as any other.
void gemm(const Gemm& g) {
  const int threads = omp_get_max_threads();
  if (threads != 1) omp_set_num_threads(1);
  const dnnl_status_t status = dnnl_sgemm(g.transpose_a ? 'T' : 'N', g.transpose_b ? 'T' : 'N', g.m, g.n, g.k, g.alpha, g.a, g.a_stride, g.b, g.b_stride,
                                          g.beta, g.c, g.c_stride);
  if (threads != 1) omp_set_num_threads(threads);
  if (status != dnnl_success) std::terminate();
}

const char* gemm_name() {
  static const std::string name = [] {
    const dnnl_version_t* version = dnnl_version();
    return sentence("oneDNN ", version->major, ".", version->minor, ".", version->patch);
  }();
  return name.c_str();
}

#else

// Rows of C as sums of rows of op(B), transposed into a buffer where it has to be. Blocks of k stay in cache, and adding up block by block keeps the
// rounding of long sums small.
void gemm(const Gemm& g) {
  constexpr int64_t kBlock = 256;
  for (int64_t i = 0; i < g.m; i++)
    for (int64_t j = 0; j < g.n; j++) {
      float& c = g.c[i * g.c_stride + j];
      c = g.beta == 0 ? 0 : g.beta * c;
    }
  std::vector<float> rows(kBlock * g.n), sum(g.n);
  for (int64_t begin = 0; begin < g.k; begin += kBlock) {
    const int64_t end = std::min(g.k, begin + kBlock);
    for (int64_t p = begin; p < end; p++)
      for (int64_t j = 0; j < g.n; j++) rows[(p - begin) * g.n + j] = g.transpose_b ? g.b[j * g.b_stride + p] : g.b[p * g.b_stride + j];
    for (int64_t i = 0; i < g.m; i++) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      for (int64_t p = begin; p < end; p++) {
        const float a = g.transpose_a ? g.a[p * g.a_stride + i] : g.a[i * g.a_stride + p];
        const float* row = rows.data() + (p - begin) * g.n;
        for (int64_t j = 0; j < g.n; j++) sum[j] += a * row[j];
      }
      for (int64_t j = 0; j < g.n; j++) g.c[i * g.c_stride + j] += g.alpha * sum[j];
    }
  }
}

const char* gemm_name() { return "reference"; }

#endif

}  // namespace ls::cpu
