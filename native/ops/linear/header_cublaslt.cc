// Compares cublaslt.h with CUDA's header where there is one; otherwise an empty file.
#include "ops/linear/cublaslt.h"

#if __has_include(<cublasLt.h>)
#include <cublasLt.h>

#include <type_traits>

namespace ls::cublaslt {

static_assert(kSuccess == static_cast<int>(CUBLAS_STATUS_SUCCESS));
static_assert(kFloat32 == static_cast<int>(CUDA_R_32F) && kBfloat16 == static_cast<int>(CUDA_R_16BF));
static_assert(kComputeFloat32 == static_cast<int>(CUBLAS_COMPUTE_32F));
static_assert(kPlain == static_cast<int>(CUBLAS_OP_N) && kTransposed == static_cast<int>(CUBLAS_OP_T));
static_assert(kNoEpilogue == static_cast<unsigned>(CUBLASLT_EPILOGUE_DEFAULT) && kAddBias == static_cast<unsigned>(CUBLASLT_EPILOGUE_BIAS));
static_assert(kReduceInFloat32 == static_cast<unsigned>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
static_assert(kTransposeA == static_cast<int>(CUBLASLT_MATMUL_DESC_TRANSA) && kTransposeB == static_cast<int>(CUBLASLT_MATMUL_DESC_TRANSB));
static_assert(kEpilogue == static_cast<int>(CUBLASLT_MATMUL_DESC_EPILOGUE) && kBiasPointer == static_cast<int>(CUBLASLT_MATMUL_DESC_BIAS_POINTER));
static_assert(kWorkspaceBytes == static_cast<int>(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES));
static_assert(kReductionMask == static_cast<int>(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK));
static_assert(kAlignmentA == static_cast<int>(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES));
static_assert(kAlignmentB == static_cast<int>(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES));
static_assert(kAlignmentC == static_cast<int>(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES));
static_assert(kAlignmentD == static_cast<int>(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES));

static_assert(sizeof(Algorithm) == sizeof(cublasLtMatmulAlgo_t) && alignof(Algorithm) == alignof(cublasLtMatmulAlgo_t));
using Theirs = cublasLtMatmulHeuristicResult_t;
static_assert(sizeof(Heuristic) == sizeof(Theirs) && alignof(Heuristic) == alignof(Theirs));
static_assert(offsetof(Heuristic, algorithm) == offsetof(Theirs, algo) && offsetof(Heuristic, workspace_bytes) == offsetof(Theirs, workspaceSize));
static_assert(offsetof(Heuristic, status) == offsetof(Theirs, state) && offsetof(Heuristic, waves) == offsetof(Theirs, wavesCount));

// The same to a caller: pointers with pointers of as many stars, integers and enums of the same size, everything else equal.
template <class A, class B>
constexpr bool same() {
  if constexpr (std::is_pointer_v<A> && std::is_pointer_v<B>) {
    return std::is_pointer_v<std::remove_pointer_t<A>> == std::is_pointer_v<std::remove_pointer_t<B>>;
  } else if constexpr ((std::is_enum_v<A> || std::is_integral_v<A>) && (std::is_enum_v<B> || std::is_integral_v<B>)) {
    return sizeof(A) == sizeof(B);
  } else {
    return std::is_same_v<A, B>;
  }
}
template <class Ours, class Their>
struct SameCall : std::false_type {};
template <class A, class... As, class B, class... Bs>
struct SameCall<A (*)(As...), B (*)(Bs...)> {
  static constexpr bool compare() {
    if constexpr (sizeof...(As) != sizeof...(Bs)) return false;
    else return same<A, B>() && (same<As, Bs>() && ...);
  }
  static constexpr bool value = compare();
};
#define LS_CUBLASLT_COMPARE(name, ...) static_assert(SameCall<decltype(Library::name), decltype(&cublasLt##name)>::value, "cublasLt" #name);
LS_CUBLASLT_FUNCTIONS(LS_CUBLASLT_COMPARE)

}  // namespace ls::cublaslt
#endif
