#include "ops/linear/cublaslt.h"

#include <cstdlib>

#include "runtime/error.h"
#include "testing/check.h"

using namespace ls;

namespace {

std::string refusal(const char* variable) {
  const char* before = std::getenv("LODESTONE_CUBLASLT");
  const std::string kept = before ? before : "";
  if (variable) setenv("LODESTONE_CUBLASLT", variable, 1);
  else unsetenv("LODESTONE_CUBLASLT");
  std::string text;
  try {
    cublaslt::open_library();
  } catch (const Error& e) {
    CHECK(e.status == LS_UNSUPPORTED);
    text = e.what();
  }
  if (before) setenv("LODESTONE_CUBLASLT", kept.c_str(), 1);
  else unsetenv("LODESTONE_CUBLASLT");
  return text;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_wrong_path_is_named) { CHECK(has(refusal("/nowhere/libcublasLt.so.13"), "from LODESTONE_CUBLASLT: /nowhere/libcublasLt.so.13: cannot open")); }

TEST(another_library_is_told_apart) {
  const std::string text = refusal("libm.so.6");
  CHECK(has(text, "libm.so.6 is no cuBLASLt: it has no function cublasLtCreate") && has(text, "nvidia-cublas"));
}

// Where one is installed it opens; elsewhere the sentence says where it was looked for.
TEST(found_or_explained) {
  const std::string text = refusal(nullptr);
  if (!text.empty()) {
    CHECK(has(text, "tried libcublasLt.so.13, libcublasLt.so.12, /usr/local/cuda/lib64/libcublasLt.so.13") && has(text, "set LODESTONE_CUBLASLT"));
    std::printf("  no cuBLASLt on this machine: %s\n", text.c_str());
  } else {
    CHECK(cublaslt::open_library().GetVersion() >= 120000);
  }
}

TEST(the_one_that_the_environment_names) {
  const char* path = std::getenv("LODESTONE_CUBLASLT");
  if (!path || !*path) return static_cast<void>(std::printf("  skipped: LODESTONE_CUBLASLT names no library\n"));
  const cublaslt::Library library = cublaslt::open_library();
  CHECK(library.file == path && library.GetVersion() >= 120000 && library.GetStatusString(cublaslt::kSuccess) != nullptr);
}
