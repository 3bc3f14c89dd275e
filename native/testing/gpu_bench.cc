// lodestone_bench --device cuda|simt: every case in rounds, on sets of buffers that take turns, between events on the stream.
//
// Columns: median, 10th and 90th percentile of a run; the share of the ceiling that bounds it (math: the product of ceiling_gemm; memory: the copy
// of ceiling_copy; whichever would take longer), both measured first, in the same run; the ratio to the baseline, which runs in turns with it: a
// ratio a round, then their median. Above 1: faster than the baseline.
#include "testing/gpu_bench.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>

#include "runtime/arena.h"
#include "runtime/error.h"

namespace ls::bench {

namespace {

std::map<std::string, GpuBackend>& backends() {
  static std::map<std::string, GpuBackend> all;
  return all;
}

constexpr int kNoGpu = 77;

// Together the sets are larger than any L2 cache, so a run finds nothing of its buffers there. One set that fills a GiB does that alone.
constexpr int64_t kTogether = 192 << 20, kLarge = 1 << 30;
constexpr int kFewestSets = 3, kMostSets = 64;

constexpr int kMostRepeats = 20, kMostRounds = 50, kFewestRounds = 3;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double at(std::vector<double> values, double quantile) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(quantile * static_cast<double>(values.size() - 1) + 0.5)];
}

// A case on its sets of buffers.
class Contestant {
 public:
  Contestant(GpuBackend& backend, const GpuCase& c, bool tiny) : backend_(backend) {
    const int64_t before = backend.taken;
    runs_.push_back(c.make());
    const int64_t bytes = backend.taken - before;
    int64_t sets = 1;  // of a whole model, which counts nothing
    if (tiny) sets = bytes > 0 ? 2 : 1;
    else if (bytes > 0 && bytes < kLarge) sets = std::clamp<int64_t>((kTogether + bytes - 1) / bytes, kFewestSets, kMostSets);
    while (static_cast<int64_t>(runs_.size()) < sets) runs_.push_back(c.make());
    warm_up();
  }

  // A round: `repeats` runs, in ms.
  double round() {
    const std::vector<double> ms = backend_.elapsed_ms(repeats_, [this] { runs_[next_++ % runs_.size()](); });
    all_.insert(all_.end(), ms.begin(), ms.end());
    return at(ms, 0.5);
  }
  void plan(double seconds) {  // rounds of about a tenth of the time
    repeats_ = static_cast<int>(std::clamp(100 * seconds / typical_, 1.0, double{kMostRepeats}));
    all_.clear();
  }
  const std::vector<double>& all() const { return all_; }
  size_t sets() const { return runs_.size(); }

 private:
  void warm_up() {  // the choice of an algorithm, a kernel's first load, then its time
    const size_t runs = runs_.size() == 1 ? 2 : runs_.size();
    typical_ = at(backend_.elapsed_ms(static_cast<int>(runs), [this] { runs_[next_++ % runs_.size()](); }), 0.25);
    typical_ = std::max(typical_, 1e-3);
  }

  GpuBackend& backend_;
  std::vector<Run> runs_;
  size_t next_ = 0;
  int repeats_ = 1;
  double typical_ = 1;
  std::vector<double> all_;
};

struct Measured {
  double ms = 0, p10 = 0, p90 = 0, ratio = 0;
  size_t rounds = 0, runs = 0, sets = 0;
};

Measured measure(GpuBackend& backend, const GpuCase& c, const GpuCase* baseline, const GpuOptions& options) {
  Contestant ours(backend, c, options.tiny);
  std::unique_ptr<Contestant> other = baseline ? std::make_unique<Contestant>(backend, *baseline, options.tiny) : nullptr;
  ours.plan(options.seconds);
  if (other) other->plan(options.seconds);
  std::vector<double> ratios;
  Measured m;
  const double start = now();
  for (; m.rounds < kMostRounds && (m.rounds < kFewestRounds || now() - start < options.seconds); m.rounds++) {
    const double theirs = other ? other->round() : 0, mine = ours.round();
    if (other) ratios.push_back(theirs / mine);
  }
  m.ms = at(ours.all(), 0.5), m.p10 = at(ours.all(), 0.1), m.p90 = at(ours.all(), 0.9), m.ratio = at(ratios, 0.5);
  m.runs = ours.all().size(), m.sets = ours.sets();
  return m;
}

class Table {
 public:
  Table(GpuBackend& backend, const GpuOptions& options, FILE* json)
      : device_(options.device), gpu_(options.tiny ? backend.describe() + ", tiny shapes" : backend.describe()), json_(json) {
    std::printf("%s: %s\n", options.device, gpu_.c_str());
    std::printf("%-32s %-64s %10s %10s %10s %8s %7s %16s %6s  %s\n", "op", "shape", "us", "p10", "p90", "TFLOP/s", "GB/s", "of the ceiling", "ratio",
                "to");
  }

  void row(const GpuCase& c, const Measured& m) {
    const double seconds = m.ms / 1e3, flops = c.flops / seconds, bytes = c.bytes / seconds;
    if (c.op == "ceiling_copy") copy_ = bytes;
    if (c.op == "ceiling_gemm") gemm_ = flops;
    const double math = gemm_ > 0 ? flops / gemm_ : 0, memory = copy_ > 0 ? bytes / copy_ : 0, share = std::max(math, memory);
    const char* bound = math > memory ? "math" : "memory";
    char tera[16] = "-", giga[16] = "-", of[32] = "-", ratio[16] = "-";
    std::string to = c.baseline;
    if (c.flops > 0) std::snprintf(tera, sizeof tera, "%.1f", flops / 1e12);
    if (c.bytes > 0) std::snprintf(giga, sizeof giga, "%.0f", bytes / 1e9);
    if (share > 0) std::snprintf(of, sizeof of, "%.0f %% %s", 100 * share, bound);
    if (m.ratio > 0) std::snprintf(ratio, sizeof ratio, "%.3f", m.ratio);
    if (c.tokens > 0) to += sentence(to.empty() ? "" : ", ", static_cast<int64_t>(c.tokens / seconds), " tokens/s");
    if (json_) write(c, m, flops, bytes, share, bound);  // first: who reads the table finds its row in the file
    std::printf("%-32s %-64s %10.1f %10.1f %10.1f %8s %7s %16s %6s  %s\n", c.op.c_str(), c.shape.c_str(), m.ms * 1e3, m.p10 * 1e3, m.p90 * 1e3, tera,
                giga, of, ratio, to.c_str());
    std::fflush(stdout);
  }

  void left_out(const GpuCase& c, const char* why) {
    std::printf("%-32s %-64s left out: %s\n", c.op.c_str(), c.shape.c_str(), why);
    std::fflush(stdout);
  }

 private:
  void write(const GpuCase& c, const Measured& m, double flops, double bytes, double share, const char* bound) {
    std::fprintf(json_, "{\"op\":\"%s\",\"shape\":\"%s\",\"seconds\":%.9g,\"p10\":%.9g,\"p90\":%.9g,\"gflops\":%.6g,\"gbytes\":%.6g,\"bound\":\"%s\""
                 ",\"ceiling_share\":%.4g,\"baseline\":\"%s\",\"ratio\":%.6g,\"tokens_per_second\":%.6g,\"rounds\":%zu,\"runs\":%zu"
                 ",\"buffer_sets\":%zu,\"device\":\"%s\",\"gpu\":\"%s\"}\n",
                 c.op.c_str(), c.shape.c_str(), m.ms / 1e3, m.p10 / 1e3, m.p90 / 1e3, flops / 1e9, bytes / 1e9, share > 0 ? bound : "", share,
                 c.baseline.c_str(), m.ratio, c.tokens * 1e3 / m.ms, m.rounds, m.runs, m.sets, device_.c_str(), gpu_.c_str());
    std::fflush(json_);
  }

  const std::string device_, gpu_;
  FILE* const json_;
  double copy_ = 0, gemm_ = 0;  // bytes, operations a second
};

bool is_ceiling(const GpuCase& c) { return c.op.rfind("ceiling_", 0) == 0; }

// The cases to run, ceilings first. None if none has the word in its name.
std::vector<const GpuCase*> chosen(const Suite& suite, const char* op) {
  const auto matches = [&](const GpuCase& c) { return !op || c.op.find(op) != std::string::npos; };
  std::vector<const GpuCase*> all;
  for (const GpuCase& c : suite.cases)
    if (is_ceiling(c)) all.push_back(&c);
  const size_t ceilings = all.size();
  for (const GpuCase& c : suite.cases)
    if (!is_ceiling(c) && matches(c)) all.push_back(&c);
  if (all.size() == ceilings && op && !std::strstr("ceiling_copy ceiling_gemm", op)) all.clear();
  return all;
}

const GpuCase* find_baseline(const Suite& suite, const GpuCase& c) {
  if (c.baseline.empty()) return nullptr;
  for (const GpuCase& other : suite.cases)
    if (other.op == c.baseline && other.shape == c.shape) return &other;
  fail(LS_INTERNAL, c.op, " ", c.shape, ": there is no ", c.baseline, " to compare it with");
}

}  // namespace

GpuBackend& backend(const char* name) { return backends()[name]; }

GpuBackend* find_backend(const std::string& name) {
  const auto found = backends().find(name);
  return found == backends().end() ? nullptr : &found->second;
}

const std::vector<float>& normal_pool() {
  static const std::vector<float> pool = [] {
    std::vector<float> values(1000003);  // a prime, so that rows of no width repeat
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (float& x : values) x = normal(random);
    return values;
  }();
  return pool;
}

int run_on_gpu(const GpuOptions& options) {
  GpuBackend* backend = find_backend(options.device);
  if (!backend) {
    std::fprintf(stderr, "this lodestone_bench was built without device %s\n", options.device);
    return kNoGpu;
  }
  try {
    backend->open();
  } catch (const Error& e) {
    if (e.status != LS_UNSUPPORTED) throw;
    std::fprintf(stderr, "device %s: %s\n", options.device, e.what());
    return kNoGpu;
  }
  Suite suite{options.tiny, {}};
  for (const auto body : backend->bodies) body(suite);
  FILE* json = options.json ? std::fopen(options.json, "w") : nullptr;
  if (options.json && !json) {
    std::perror(options.json);
    return 1;
  }
  Table table(*backend, options, json);
  for (const GpuCase* one : chosen(suite, options.op)) {
    const GpuCase& c = *one;
    try {
      table.row(c, measure(*backend, c, find_baseline(suite, c), options));
    } catch (const Error& e) {
      if (e.status != LS_OUT_OF_MEMORY && e.status != LS_UNSUPPORTED) throw;
      table.left_out(c, e.what());
    }
  }
  if (json) std::fclose(json);
  return 0;
}

}  // namespace ls::bench
