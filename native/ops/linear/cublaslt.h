// cuBLASLt as far as the products need it: its types and numbers in our own words, and its functions, found in the library at run time. So one build runs
// with and without CUDA and compiles without CUDA's headers; where they are, header_cublaslt.cc compares them with this file.
// Source: the cuBLAS manual, "Using the cuBLASLt API".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ls::cublaslt {

// ---- numbers. All enums of cuBLASLt are 4 bytes.
enum Status : int { kSuccess = 0 };
enum DataType : int { kFloat32 = 0, kBfloat16 = 14 };            // cudaDataType
enum ComputeType : int { kComputeFloat32 = 68 };                 // cublasComputeType_t
enum Operation : int32_t { kPlain = 0, kTransposed = 1 };        // cublasOperation_t
enum Epilogue : uint32_t { kNoEpilogue = 1, kAddBias = 4 };      // cublasLtEpilogue_t
enum Reduction : uint32_t { kReduceInFloat32 = 2 };              // cublasLtReductionScheme_t: partial sums of a split k keep the compute type
enum MatmulAttribute : int { kTransposeA = 3, kTransposeB = 4, kEpilogue = 7, kBiasPointer = 8 };
enum PreferenceAttribute : int { kWorkspaceBytes = 1, kReductionMask = 3, kAlignmentA = 5, kAlignmentB = 6, kAlignmentC = 7, kAlignmentD = 8 };

// ---- types
struct Context;           // what cublasLtHandle_t points to, and so on
struct Matmul;
struct Layout;
struct Preference;
struct CudaStream;
struct Algorithm {
  uint64_t data[8];
};
struct Heuristic {        // cublasLtMatmulHeuristicResult_t
  Algorithm algorithm;
  size_t workspace_bytes;
  Status status;          // of this one
  float waves;
  int reserved[4];
};

// ---- functions: cublasLt<name> is the symbol.
#define LS_CUBLASLT_FUNCTIONS(X)                                                                                                       \
  X(Create, Status, Context**)                                                                                                         \
  X(Destroy, Status, Context*)                                                                                                         \
  X(GetVersion, size_t)                                                                                                                \
  X(GetStatusString, const char*, Status)                                                                                              \
  X(MatmulDescCreate, Status, Matmul**, ComputeType, DataType)                                                                         \
  X(MatmulDescDestroy, Status, Matmul*)                                                                                                \
  X(MatmulDescSetAttribute, Status, Matmul*, MatmulAttribute, const void*, size_t)                                                     \
  X(MatrixLayoutCreate, Status, Layout**, DataType, uint64_t rows, uint64_t columns, int64_t stride)                                   \
  X(MatrixLayoutDestroy, Status, Layout*)                                                                                              \
  X(MatmulPreferenceCreate, Status, Preference**)                                                                                      \
  X(MatmulPreferenceDestroy, Status, Preference*)                                                                                      \
  X(MatmulPreferenceSetAttribute, Status, Preference*, PreferenceAttribute, const void*, size_t)                                       \
  X(MatmulAlgoGetHeuristic, Status, Context*, Matmul*, Layout* a, Layout* b, Layout* c, Layout* d, Preference*, int most, Heuristic*,  \
    int* found)                                                                                                                        \
  X(Matmul, Status, Context*, cublaslt::Matmul*, const void* alpha, const void* a, Layout*, const void* b, Layout*, const void* beta,  \
    const void* c, Layout*, void* d, Layout*, const Algorithm*, void* workspace, size_t workspace_bytes, CudaStream*)

struct Library {
#define LS_CUBLASLT_POINTER(name, Result, ...) Result (*name)(__VA_ARGS__);
  LS_CUBLASLT_FUNCTIONS(LS_CUBLASLT_POINTER)
#undef LS_CUBLASLT_POINTER
  std::string file;       // by which name it was opened
};

// Opens the library that LODESTONE_CUBLASLT names, else libcublasLt.so.13 or .12 as the system's loader finds them, else those of /usr/local/cuda/lib64.
// Throws LS_UNSUPPORTED, saying where it looked and what to do.
Library open_library();

}  // namespace ls::cublaslt
