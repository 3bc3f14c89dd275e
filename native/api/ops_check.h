// The checks of one call of an op. Sentences begin with its name, so that they are the same on every backend and in every language.
#pragma once

#include <cstdint>

#include "api/handles.h"

namespace ls::api {

// Far above every real shape. A product of two sizes and a sum of such products stay inside 64 bits.
constexpr int64_t kMostSize = int64_t{1} << 30;

class Check {
 public:
  Check(const char* op, const ls_engine* engine) : op_(op), engine_(engine) {}

  template <class... Parts>
  void that(bool condition, const Parts&... parts) const { require(condition, op_, ": ", parts...); }

  // Valid, but not here.
  template <class... Parts>
  [[noreturn]] void unsupported(const Parts&... parts) const { fail(LS_UNSUPPORTED, op_, ": ", parts...); }

  template <class T>
  void given(const char* name, const T* pointer) const { that(pointer != nullptr, name, " is NULL"); }

  void within(const char* name, int64_t value, int64_t least, int64_t most) const {
    that(value >= least && value <= most, "expected ", name, " from ", least, " to ", most, " but found ", value);
  }
  void size(const char* name, int64_t value, int64_t most = kMostSize) const { within(name, value, 1, most); }

  // A number that is finite and from least to most.
  void number(const char* name, double value, double least, double most) const {
    that(value >= least && value <= most, "expected ", name, " from ", least, " to ", most, " but found ", value);
  }

  // Elements between rows of a width; 0 = dense.
  int64_t stride(const char* name, int64_t stride, int64_t width) const {
    if (stride == 0) return width;
    within(name, stride, width, kMostSize);
    return stride;
  }

  // `rows` rows of a width with a stride must lie in the view's buffer.
  void view(const char* name, const ls_view& view, ls_element element, int64_t rows, int64_t width, int64_t stride) const {
    given(name, view.buffer);
    const ls_buffer& buffer = *view.buffer;
    that(buffer.ops == engine_->ops, "expected ", name, " to be a buffer of this engine but it is of another");
    that(buffer.element == element, "expected ", name, " to be a buffer of ", plural(element), " but found one of ", plural(buffer.element));
    const int64_t needed = (rows - 1) * stride + width;
    that(view.offset >= 0 && view.offset <= buffer.count && needed <= buffer.count - view.offset, "expected ", needed, " elements of ", name,
         " from ", view.offset, " on but its buffer has ", buffer.count);
  }
  void view(const char* name, const ls_view& v, ls_element element, int64_t count) const { view(name, v, element, 1, count, 0); }
  void view_or_null(const char* name, const ls_view& v, ls_element element, int64_t count) const {
    if (v.buffer) view(name, v, element, count);
  }

  static const char* plural(ls_element element) { return element == LS_REAL ? "reals" : element == LS_FLOAT ? "floats" : "ints"; }

 private:
  const char* op_;
  const ls_engine* engine_;
};

// One call: checks the handles, then what `check` says of the arguments, then runs.
template <class Args, class Checks, class Run>
ls_status run_op(const char* op, ls_engine* engine, const Args* args, const Checks& checks, const Run& run) {
  return guarded([&] {
    const Check check(op, engine);
    check.given("engine", engine);
    check.given("args", args);
    checks(check, *args);
    engine->engine->enter();
    run(*engine->ops);
  });
}
template <class Args, class Checks>
ls_status run_op(const char* op, ls_engine* engine, const Args* args, const Checks& checks) {
  return run_op(op, engine, args, checks, [&](AnyOps& ops) { ops.run(*args); });
}

}  // namespace ls::api
