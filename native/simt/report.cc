// The text of what went wrong.
#include <cstdarg>
#include <cstdio>

#include "simt/machine.h"

namespace simt {

namespace {
constexpr size_t kLongestReport = 8192;

void append(Machine& m, const char* format, va_list arguments) {
  char line[1024];
  vsnprintf(line, sizeof line, format, arguments);
  m.failed = true;
  if (m.report.size() + sizeof line > kLongestReport) return;
  if (!m.report.empty()) m.report += '\n';
  m.report += line;
}
}  // namespace

const char* base_name(const char* path) {
  if (!path) return "?";
  const char* slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

void note(Machine& m, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  append(m, format, arguments);
  va_end(arguments);
}

void fail(Location at, const char* format, ...) {
  Machine& m = machine();
  char what[768];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  const Thread& thread = *m.running;
  note(m, "%s at %s:%d, block (%u, %u, %u), thread (%u, %u, %u) = lane %d of warp %d", what, base_name(at.file), at.line, m.index.x, m.index.y,
       m.index.z, thread.index.x, thread.index.y, thread.index.z, thread.lane, thread.warp);
  abandon();
}

}  // namespace simt
