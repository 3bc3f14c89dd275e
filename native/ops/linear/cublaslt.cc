#include "ops/linear/cublaslt.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "runtime/error.h"

namespace ls::cublaslt {

namespace {

constexpr const char* kVariable = "LODESTONE_CUBLASLT";
constexpr const char* kAdvice = "install the CUDA toolkit or NVIDIA's package nvidia-cublas, and set LODESTONE_CUBLASLT to the path of its libcublasLt.so.13";

// Throws if a function is missing.
Library with_functions(void* handle, const std::string& file) {
  Library library;
  library.file = file;
#define LS_CUBLASLT_FIND(name, ...)                                                                                    \
  library.name = reinterpret_cast<decltype(library.name)>(dlsym(handle, "cublasLt" #name));                            \
  if (!library.name) {                                                                                                 \
    dlclose(handle);                                                                                                   \
    fail(LS_UNSUPPORTED, file, " is no cuBLASLt: it has no function cublasLt" #name "; ", kAdvice);                    \
  }
  LS_CUBLASLT_FUNCTIONS(LS_CUBLASLT_FIND)
#undef LS_CUBLASLT_FIND
  return library;
}

}  // namespace

Library open_library() {
  const char* chosen = std::getenv(kVariable);
  if (chosen && *chosen) {
    if (void* handle = dlopen(chosen, RTLD_NOW | RTLD_LOCAL)) return with_functions(handle, chosen);
    fail(LS_UNSUPPORTED, "cuBLASLt cannot be opened from ", kVariable, ": ", dlerror());
  }
  const std::vector<std::string> names = {"libcublasLt.so.13", "libcublasLt.so.12", "/usr/local/cuda/lib64/libcublasLt.so.13",
                                          "/usr/local/cuda/lib64/libcublasLt.so.12"};
  std::string tried;
  for (const std::string& name : names) {
    if (void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return with_functions(handle, name);
    tried += (tried.empty() ? "" : ", ") + name;
  }
  fail(LS_UNSUPPORTED, "the CUDA backend needs cuBLASLt and found none (", kVariable, " is not set; tried ", tried, "): ", kAdvice);
}

}  // namespace ls::cublaslt
