// Steps that are started as graphs against the same steps launched one by one: the same bits, whatever changes between two steps.
#include "model/graphs.h"

#include <cstdlib>

#include "model/decode.h"
#include "model/tiny.h"

using namespace ls;
using namespace ls::LS_BACKEND;
using namespace ls::testing;

namespace {

struct Conversation {
  std::vector<float> seen;  // every number that came back
  int64_t replays = 0;
};

// Three sequences that begin apart. From step to step change: tokens, positions and lengths, which sequences take part and in which order, the spans
// of the probes; now and then the edits, and whether there are probes. All combinations are recorded after 32 steps; after 42 the first sequence is
// longer than 128 tokens, where the grid of attention changes.
Conversation converse(const std::shared_ptr<Model>& model, const char* graphs) {
  setenv("LODESTONE_GRAPHS", graphs, 1);
  const Config& c = model->config;
  Decoder decoder(model, 3, 200);
  Conversation all;
  const std::vector<int32_t> prompt = TinyBatch({85}, 2).ids;
  decoder.prefill(0, prompt.data(), 85, {}, nullptr);
  decoder.prefill(2, prompt.data(), 7, {}, nullptr);
  const std::vector<std::vector<int64_t>> turns = {{0}, {2, 0}, {0, 2}, {1, 2, 0}};
  const std::vector<std::vector<ls_edit>> edits = {{}, {{1, 2, LS_EDIT_ZERO, 0, nullptr}, {0, 1, LS_EDIT_UNIFORM, 20, nullptr}}};
  int32_t token[] = {3, 4, 5};
  for (int64_t n = 0; n < 64; n++) {
    const std::vector<int64_t>& turn = turns[n % turns.size()];
    const int64_t count = static_cast<int64_t>(turn.size()), heads = c.layers * c.heads;
    const bool probed = n % 8 >= 4;  // the second sequence is empty before the fourth step
    std::vector<float> logits(count * c.vocabulary), mass(count * heads), first(count * heads);
    std::vector<int64_t> begin(count), end(count);
    std::vector<ls_probe> probes(count);
    for (int64_t i = 0; i < count; i++) {
      end[i] = decoder.length(turn[i]) + 1;
      begin[i] = n % 3 ? end[i] / 2 : 0;
      probes[i].spans = n > 10;
      probes[i].span_begin = &begin[i];
      probes[i].span_end = &end[i];
      probes[i].span_mass = n > 10 ? &mass[i * heads] : nullptr;
      probes[i].max_prob = &first[i * heads];
    }
    ls_pass pass{};
    pass.probe = probed ? probes.data() : nullptr;
    pass.logits = logits.data();
    const std::vector<ls_edit>& edit = edits[n / 8 % 2];
    pass.edit_count = static_cast<int64_t>(edit.size());
    pass.edits = edit.data();
    decoder.step(count, turn.data(), token, pass, token);
    for (const std::vector<float>& one : {logits, mass, first}) all.seen.insert(all.seen.end(), one.begin(), one.end());
    all.seen.insert(all.seen.end(), token, token + count);
  }
  all.replays = decoder.graphs().replays();
  unsetenv("LODESTONE_GRAPHS");
  return all;
}

}  // namespace

TEST(a_step_that_is_replayed_has_the_bits_of_one_that_is_launched) {
  for (const TinyOptions& options : {TinyOptions{}, TinyOptions{true, true, {0, 30, 0}}}) {
    const auto model = tiny_model(options, 7);
    const Conversation launched = converse(model, "0"), replayed = converse(model, "1");
    CHECK(launched.seen.size() == replayed.seen.size());
    // Bits, since a span that a window hides has the mass NaN.
    CHECK(std::memcmp(launched.seen.data(), replayed.seen.data(), launched.seen.size() * sizeof(float)) == 0);
    CHECK(launched.replays == 0);
    CHECK(!kDevice || replayed.replays >= 20);
  }
}

TEST(new_weights_are_seen_by_a_graph) {
  const auto model = tiny_model({}, 7), other = tiny_model({}, 8);
  Decoder decoder(model, 1, 20), fresh(other, 1, 20);
  const int64_t zero = 0;
  int32_t token = 3, want = 3;
  for (int i = 0; i < 5; i++) decoder.step(1, &zero, &token, {}, &token);
  for (const Tensor& t : model->table) model->write(t, 0, LS_F32, read(*other, t).data(), t.count());
  decoder.prefill(0, &(token = 3), 1, {}, nullptr);
  fresh.prefill(0, &want, 1, {}, nullptr);
  for (int i = 0; i < 5; i++) {
    decoder.step(1, &zero, &token, {}, &token);
    fresh.step(1, &zero, &want, {}, &want);
    CHECK(token == want);
  }
}

// The last test: it turns graphs off.
TEST(what_cannot_be_recorded_is_launched_and_said) {
  if (!kDevice) return;
  CHECK(graphs_state() == "on");
  setenv("LODESTONE_SYNC", "1", 1);
  CHECK(graphs_state() == "off (LODESTONE_SYNC=1)");
  unsetenv("LODESTONE_SYNC");
  const auto model = tiny_model({});
  model->engine->enter();
  Layout plan;
  plan.take<float>(1);
  Arena arena(memory_source());
  arena.reserve(plan.bytes(), "a number");
  Layout real(arena);
  float *number = real.take<float>(1), back = 0;
  Graphs graphs;
  for (const float value : {1.0f, 2.0f, 3.0f}) {
    graphs.run({1}, [&] { upload_all(number, &value, 1); });
    download_all(&back, number, 1);
    CHECK(back == value);
  }
  CHECK(graphs.replays() == 0);
  CHECK(graphs_state() == "off: upload: it needs the host, so it cannot be part of a graph");
  CHECK(model->engine->description().find("\"graphs\":\"off: upload") != std::string::npos);
}
