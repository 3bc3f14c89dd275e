#include "simt/sites.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "simt/machine.h"

namespace simt {

Site Sites::find(const char* file, uintptr_t position) {
  constexpr size_t kMask = sizeof table_ / sizeof table_[0] - 1;
  size_t at = (reinterpret_cast<uintptr_t>(file) * 31 + position) * 0x9e3779b97f4a7c15ull >> 40 & kMask;
  for (;; at = (at + 1) & kMask) {
    if (!table_[at]) break;
    const Place& place = places_[table_[at]];
    if (place.file == file && place.position == position) return table_[at];
  }
  if (count_ == kMost) return 0;
  places_[++count_] = {file, position};
  return table_[at] = static_cast<Site>(count_);
}

namespace {

// The file an address was loaded from, and its address in there.
struct Loaded {
  std::string file;
  uintptr_t address;
};
Loaded loaded(uintptr_t pc) {
  Dl_info info;
  link_map* map = nullptr;
  if (!dladdr1(reinterpret_cast<void*>(pc), &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) || !map) return {"", pc};
  return {map->l_name && *map->l_name ? map->l_name : "/proc/" + std::to_string(getpid()) + "/exe", pc - map->l_addr};
}

// Lines of "file:line", one for each address, from one run of addr2line.
std::vector<std::string> lines_of(const std::string& file, const std::map<Site, uintptr_t>& addresses) {
  std::string command = "addr2line -s -e '" + file + "'";
  char text[512];
  for (const auto& [site, address] : addresses) {
    snprintf(text, sizeof text, " %#zx", static_cast<size_t>(address));
    command += text;
  }
  std::vector<std::string> lines;
  if (FILE* output = popen((command + " 2>/dev/null").c_str(), "r")) {
    while (fgets(text, sizeof text, output)) {
      std::string line = text;
      lines.push_back(line.substr(0, line.find_first_of(" \n")));  // without "(discriminator 3)"
    }
    pclose(output);
  }
  lines.resize(addresses.size());
  return lines;
}

}  // namespace

std::vector<std::string> Sites::names(const std::vector<Site>& sites) {
  names_.emplace(0, "?");
  std::map<std::string, std::map<Site, uintptr_t>> unknown;  // by file
  for (const Site site : sites) {
    if (names_.count(site)) continue;
    const Place& place = places_[site];
    if (place.file) {
      names_[site] = std::string(base_name(place.file)) + ":" + std::to_string(place.position);
    } else {
      const Loaded code = loaded(place.position);
      unknown[code.file][site] = code.address;
    }
  }
  for (const auto& [file, addresses] : unknown) {
    const std::vector<std::string> lines = lines_of(file, addresses);
    size_t i = 0;
    for (const auto& [site, address] : addresses) {
      char plain[32];
      snprintf(plain, sizeof plain, "address %#zx", static_cast<size_t>(address));
      names_[site] = lines[i].empty() || lines[i].find('?') != std::string::npos ? plain : lines[i];
      i++;
    }
  }
  std::vector<std::string> names;
  for (const Site site : sites) names.push_back(names_[site]);
  return names;
}

}  // namespace simt
