// lodestone_bench [--device cpu|cuda|simt] [--op TEXT] [--seconds S] [--threads N] [--isa NAME] [--json FILE] [--peer COMMAND] [--tiny]
//
// On a GPU (or simt, the emulated one of test builds): gpu_bench.cc; --tiny makes its shapes small enough for the emulator. Exit status 77: there is
// no such device here. On the CPU, one row a case: median time, GFLOP/s, GB/s and, with a peer, the ratio to it (above 1: we are faster). The peer is
// another process that reads "op key=value ..." lines and answers with the seconds of one run, or "no"; both take turns within one case, each on huge
// pages of its own.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/isa.h"
#include "runtime/threads.h"
#include "testing/bench.h"
#include "testing/gpu_bench.h"

namespace ls::bench {

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

std::shared_ptr<float> buffer(int64_t count, unsigned seed) {
  auto arena = std::make_shared<Arena>();
  arena->reserve(Arena::rounded(count * 4), "benchmark buffer");
  float* data = arena->take<float>(count);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (int64_t i = 0; i < count; i++) data[i] = normal(random);
  return {arena, data};
}

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The other process, or nobody.
class Peer {
 public:
  explicit Peer(const char* command) {
    if (!command) return;
    int to[2], from[2];
    if (pipe(to) || pipe(from)) std::perror("pipe"), std::exit(1);
    if (fork() == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      for (int fd : {to[0], to[1], from[0], from[1]}) close(fd);
      execl("/bin/sh", "sh", "-c", command, nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    out_ = fdopen(to[1], "w");
    in_ = fdopen(from[0], "r");
    char line[256];
    if (!std::fgets(line, sizeof line, in_)) std::fprintf(stderr, "the peer did not start: %s\n", command), std::exit(1);
    name_ = line;
    name_.erase(name_.find_last_not_of("\r\n") + 1);
  }
  // Seconds of one run in the peer; 0 if there is no peer or it does not know the case.
  double run(const Case& c) {
    if (!out_) return 0;
    std::fprintf(out_, "%s %s\n", c.op.c_str(), c.shape.c_str());
    std::fflush(out_);
    char line[256];
    if (!std::fgets(line, sizeof line, in_)) std::fprintf(stderr, "the peer died at %s %s\n", c.op.c_str(), c.shape.c_str()), std::exit(1);
    return std::atof(line);
  }
  const std::string& name() const { return name_; }

 private:
  FILE *out_ = nullptr, *in_ = nullptr;
  std::string name_;
};

struct Options {
  const char *device = "cpu", *op = nullptr, *json = nullptr, *peer = nullptr;
  double seconds = 1;
  bool tiny = false;
  int threads = usable_threads();
};

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; i++) {
    std::string word = argv[i];
    if (word == "--tiny") {
      o.tiny = true;
      continue;
    }
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (!value) std::fprintf(stderr, "%s needs a value\n", argv[i]), std::exit(2);
    i++;
    if (word == "--device") o.device = value;
    else if (word == "--op") o.op = value;
    else if (word == "--json") o.json = value;
    else if (word == "--peer") o.peer = value;
    else if (word == "--seconds") o.seconds = std::atof(value);
    else if (word == "--threads") o.threads = std::atoi(value);
    else if (word == "--isa") {
      for (Isa isa : {Isa::plain, Isa::avx2, Isa::avx512})
        if (isa <= best_isa() && word.size() && !std::strcmp(value, isa_name(isa))) set_isa(isa);
    } else std::fprintf(stderr, "unknown option %s\n", word.c_str()), std::exit(2);
  }
  const std::string device = o.device;
  if (device != "cpu" && device != "cuda" && device != "simt")
    std::fprintf(stderr, "--device expected cpu, cuda or simt but found %s\n", o.device), std::exit(2);
  if (device != "cpu" && o.peer) std::fprintf(stderr, "--peer is for device cpu\n"), std::exit(2);
  return o;
}

}  // namespace
}  // namespace ls::bench

int main(int argc, char** argv) {
  using namespace ls::bench;
  const Options options = parse(argc, argv);
  ls::use_threads(options.threads);
  if (std::strcmp(options.device, "cpu")) {
    try {
      return run_on_gpu({options.device, options.op, options.json, options.seconds, options.tiny});
    } catch (const ls::Error& e) {
      std::fprintf(stderr, "%s\n", e.what());
      return 1;
    }
  }
  Peer peer(options.peer);
  FILE* json = options.json ? std::fopen(options.json, "w") : nullptr;
  if (options.json && !json) std::perror(options.json), std::exit(1);
  std::printf("%d threads, %s%s%s\n", options.threads, ls::isa_name(ls::isa()), options.peer ? "; peer: " : "", peer.name().c_str());
  std::printf("%-24s %-58s %10s %9s %8s %10s %7s\n", "op", "shape", "ms", "GFLOP/s", "GB/s", "peer ms", "ratio");
  for (const Case& c : cases()) {
    if (options.op && c.op.find(options.op) == std::string::npos) continue;
    auto run = c.make();
    run();  // warm-up, and the first touch of every page
    peer.run(c);
    std::vector<double> ours, theirs, ratios;
    const double start = now();
    while ((now() - start < options.seconds || ours.size() < 5) && ours.size() < 200) {
      const double begin = now();
      run();
      ours.push_back(now() - begin);
      const double other = peer.run(c);
      if (other > 0) theirs.push_back(other), ratios.push_back(other / ours.back());
    }
    const double t = median(ours), p = theirs.empty() ? 0 : median(theirs), r = ratios.empty() ? 0 : median(ratios);
    char flops[32] = "-", bytes[32] = "-", other[32] = "-", ratio[32] = "-";
    if (c.flops) std::snprintf(flops, sizeof flops, "%.1f", c.flops / t * 1e-9);
    if (c.bytes) std::snprintf(bytes, sizeof bytes, "%.1f", c.bytes / t * 1e-9);
    if (p) std::snprintf(other, sizeof other, "%.3f", p * 1e3), std::snprintf(ratio, sizeof ratio, "%.2f", r);
    std::printf("%-24s %-58s %10.3f %9s %8s %10s %7s\n", c.op.c_str(), c.shape.c_str(), t * 1e3, flops, bytes, other, ratio);
    std::fflush(stdout);
    if (json)
      std::fprintf(json, "{\"op\":\"%s\",\"shape\":\"%s\",\"seconds\":%.9g,\"gflops\":%.6g,\"gbytes\":%.6g,\"rounds\":%zu,\"threads\":%d,\"isa\":\"%s\""
                   ",\"peer\":\"%s\",\"peer_seconds\":%.9g,\"ratio\":%.6g}\n", c.op.c_str(), c.shape.c_str(), t, c.flops / t * 1e-9, c.bytes / t * 1e-9,
                   ours.size(), options.threads, ls::isa_name(ls::isa()), peer.name().c_str(), p, r);
  }
  if (json) std::fclose(json);
  return 0;
}
