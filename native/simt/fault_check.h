// For tests of the emulator: what a launch reports.
#pragma once

#include <string>

#include "runtime/error.h"
#include "testing/gpu_check.h"

namespace ls::testing {

// Empty if it went well.
template <class Launch>
std::string found(const Launch& launch) {
  try {
    launch();
  } catch (const Error& error) {
    CHECK(error.status == LS_INTERNAL);
    return error.what();
  }
  return "";
}

inline void check_has(const char* file, int line, const std::string& report, const std::string& words) {
  if (report.find(words) == std::string::npos) testing::report(file, line, "no \"" + words + "\" in: " + report);
}

}  // namespace ls::testing

#define CHECK_HAS(report, words) ::ls::testing::check_has(__FILE__, __LINE__, report, words)
