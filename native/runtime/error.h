// One exception type inside the engine; api/ turns it into a status and a sentence.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "lodestone/lodestone.h"

namespace ls {

class Error : public std::runtime_error {
 public:
  Error(ls_status status, const std::string& what) : std::runtime_error(what), status(status) {}
  const ls_status status;
};

// "expected 12 tokens but found 9": the parts are streamed one after another.
template <class... Parts>
std::string sentence(Parts&&... parts) {
  std::ostringstream out;
  (out << ... << std::forward<Parts>(parts));
  return out.str();
}

template <class... Parts>
[[noreturn]] void fail(ls_status status, Parts&&... parts) {
  throw Error(status, sentence(std::forward<Parts>(parts)...));
}

// For a JSON string.
inline std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

// A condition on the caller's arguments.
template <class... Parts>
void require(bool condition, Parts&&... parts) {
  if (!condition) fail(LS_INVALID, std::forward<Parts>(parts)...);
}

}  // namespace ls
