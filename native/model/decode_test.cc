// Decoding against the forward pass over the whole sequence.
#include "model/decode.h"

#include <algorithm>

#include "model/tiny.h"
#include "runtime/threads.h"

using namespace ls;
using namespace ls::LS_BACKEND;
using namespace ls::testing;

namespace {

// Two orders of summation of the same terms; on a GPU other roundings, too.
constexpr double kBound = bound(5e-5, 0.1);

// What one pass over `ids` says of every row.
struct Whole {
  std::vector<float> logits, lse, max_prob, second_prob, mass, head;
  std::vector<int32_t> argmax;
};

Whole whole(Model& model, const std::vector<int32_t>& ids, const std::vector<ls_edit>& edits, int64_t begin, int64_t end, int32_t layer,
            int32_t head) {
  const Config& c = model.config;
  const int64_t tokens = static_cast<int64_t>(ids.size()), all = c.layers * c.heads * tokens;
  Whole w;
  w.logits.resize(tokens * c.vocabulary);
  w.head.resize(tokens * c.head_dim);
  w.argmax.resize(all);
  for (std::vector<float>* statistic : {&w.lse, &w.max_prob, &w.second_prob, &w.mass}) statistic->resize(all);
  std::vector<int64_t> rows(tokens);
  for (int64_t i = 0; i < tokens; i++) rows[i] = i;
  ls_probe probe{tokens, rows.data(), 1, &begin, &end, w.lse.data(), w.argmax.data(), w.max_prob.data(), nullptr,
                 w.second_prob.data(), w.mass.data(), nullptr, nullptr};
  const ls_capture capture{layer, head, w.head.data()};
  ls_pass pass{static_cast<int64_t>(edits.size()), edits.data(), 1, &capture, &probe, tokens, rows.data(), w.logits.data(), nullptr};
  ls_batch batch{};
  batch.tokens = tokens;
  batch.ids = ids.data();
  batch.documents = 1;
  forward(model, model.space, checked(batch, c), pass);
  return w;
}

void close_floats(const float* got, const float* want, int64_t count, int line) {
  const std::vector<double> wanted(want, want + count);
  check_close(__FILE__, line, "decoded against whole", got, wanted.data(), count, kBound, kBound);
}

void close_logits(const float* got, const float* want, int64_t count) {
  const std::vector<double> wanted(want, want + count);
  CHECK_LOGITS(got, wanted.data(), count);
}

int32_t argmax(const float* values, int64_t count) { return static_cast<int32_t>(std::max_element(values, values + count) - values); }

// Feeds ids one after another after a prompt, in two sequences that run apart from each other, and compares every row.
void decode_equals_forward(const TinyOptions& options, const std::vector<ls_edit>& edits) {
  const auto model = tiny_model(options, 5);
  const Config& c = model->config;
  const std::vector<std::vector<int32_t>> ids = {TinyBatch({30}, 1).ids, TinyBatch({25}, 2).ids};
  const int64_t prompts[] = {12, 5}, begin = 2, end = 5;
  const int32_t layer = static_cast<int32_t>(c.layers - 1);
  const Whole want[] = {whole(*model, ids[0], edits, begin, end, layer, 2), whole(*model, ids[1], edits, begin, end, layer, 2)};
  Decoder decoder(model, 3, 40);
  ls_pass pass{};
  pass.edit_count = static_cast<int64_t>(edits.size());
  pass.edits = edits.data();
  const int64_t slots[] = {2, 0};
  for (int s = 0; s < 2; s++) {
    int32_t next = -1;
    decoder.prefill(slots[s], ids[s].data(), prompts[s], pass, &next);
    CHECK(next == argmax(&want[s].logits[(prompts[s] - 1) * c.vocabulary], c.vocabulary));
    CHECK(decoder.length(slots[s]) == prompts[s]);
  }
  const int64_t all = c.layers * c.heads;
  std::vector<float> logits(2 * c.vocabulary), head(2 * c.head_dim), lse(2 * all), first(2 * all), second(2 * all), mass(2 * all);
  std::vector<int32_t> best(2 * all);
  for (int64_t n = 0; n < 18; n++) {
    const int64_t swapped = n % 3 == 2;  // sequence s is row s ^ swapped of the step
    int64_t turn[2];
    int32_t tokens[2];
    ls_probe probes[2] = {};
    for (int s = 0; s < 2; s++) {
      turn[s ^ swapped] = slots[s];
      tokens[s ^ swapped] = ids[s][prompts[s] + n];
      probes[s ^ swapped] = {0, nullptr, 1, &begin, &end, &lse[s * all], &best[s * all], &first[s * all], nullptr, &second[s * all],
                             &mass[s * all], nullptr, nullptr};
    }
    const ls_capture capture{layer, 2, head.data()};
    pass.capture_count = 1;
    pass.captures = &capture;
    pass.probe = probes;
    pass.logits = logits.data();
    int32_t next[2];
    decoder.step(2, turn, tokens, pass, next);
    for (int s = 0; s < 2; s++) {
      const int64_t row = prompts[s] + n, total = static_cast<int64_t>(ids[s].size());
      const float *own_logits = &logits[(s ^ swapped) * c.vocabulary], *own_head = &head[(s ^ swapped) * c.head_dim];
      close_logits(own_logits, &want[s].logits[row * c.vocabulary], c.vocabulary);
      close_floats(own_head, &want[s].head[row * c.head_dim], c.head_dim, __LINE__);
      CHECK(next[s ^ swapped] == argmax(own_logits, c.vocabulary));
      CHECK(decoder.length(slots[s]) == row + 1);
      for (int64_t i = 0; i < all; i++) {
        const int64_t at = i * total + row;
        close_floats(&lse[s * all + i], &want[s].lse[at], 1, __LINE__);
        close_floats(&first[s * all + i], &want[s].max_prob[at], 1, __LINE__);
        close_floats(&second[s * all + i], &want[s].second_prob[at], 1, __LINE__);
        close_floats(&mass[s * all + i], &want[s].mass[at], 1, __LINE__);
        if (first[s * all + i] > second[s * all + i] + kBound) CHECK(best[s * all + i] == want[s].argmax[at]);
      }
    }
  }
}

bool refused(const std::function<void()>& body, const char* part) {
  try {
    body();
  } catch (const Error& e) {
    if (std::strstr(e.what(), part)) return true;
    std::printf("  said instead: %s\n", e.what());
  }
  return false;
}

}  // namespace

TEST(decoding_equals_the_forward_pass) {
  for_each_variant([] {
    decode_equals_forward({}, {});
    decode_equals_forward({true, true, {0, 6, 3}}, {});
    decode_equals_forward({false, false, {}, 2, 4, 1}, {});
  });
}

TEST(decoding_honours_edits_and_where_they_begin) {
  const std::vector<float> mean = normal(kTinyHeadDim, 3);
  decode_equals_forward({false, true, {0, 6, 0}},
                        {{0, 1, LS_EDIT_ZERO, 0, nullptr}, {1, 2, LS_EDIT_UNIFORM, 0, nullptr}, {2, 2, LS_EDIT_MEAN, 0, mean.data()}});
  // Positions 5 to 16: before, within and after the prompts.
  decode_equals_forward({}, {{0, 1, LS_EDIT_ZERO, 16, nullptr}, {1, 2, LS_EDIT_UNIFORM, 9, nullptr}, {2, 2, LS_EDIT_MEAN, 14, mean.data()}});
}

TEST(replace_in_a_step_takes_a_row_a_sequence) {
  const auto model = tiny_model({});
  Decoder decoder(model, 2, 8);
  const std::vector<int32_t> ids = {3, 4, 5};
  for (int64_t s : {0, 1}) decoder.prefill(s, ids.data(), 3, {}, nullptr);
  const std::vector<float> values = normal(2 * kTinyHeadDim, 1);
  std::vector<float> seen(2 * kTinyHeadDim);
  const ls_edit edit{1, 3, LS_EDIT_REPLACE, 0, values.data()};
  const ls_capture capture{1, 3, seen.data()};
  ls_pass pass{};
  pass.edit_count = pass.capture_count = 1;
  pass.edits = &edit;
  pass.captures = &capture;
  const int64_t sequences[] = {0, 1};
  const int32_t tokens[] = {7, 7};
  decoder.step(2, sequences, tokens, pass, nullptr);
  CHECK(seen == stored(values));
}

TEST(a_prefill_empties_the_sequence) {
  const auto model = tiny_model({});
  const std::vector<int32_t> a = TinyBatch({20}, 1).ids, b = TinyBatch({6}, 2).ids;
  Decoder used(model, 1, 20), fresh(model, 1, 20);
  int32_t x = 0, y = 0;
  used.prefill(0, a.data(), 20, {}, nullptr);
  used.prefill(0, b.data(), 6, {}, &x);
  fresh.prefill(0, b.data(), 6, {}, &y);
  const int64_t zero = 0;
  for (int i = 0; i < 10; i++) {
    CHECK(x == y);
    std::vector<float> p(37), q(37);
    ls_pass pass{};
    pass.logits = p.data();
    used.step(1, &zero, std::vector<int32_t>{x}.data(), pass, &x);
    pass.logits = q.data();
    fresh.step(1, &zero, std::vector<int32_t>{y}.data(), pass, &y);
    CHECK(p == q);
  }
  CHECK(used.length(0) == 16 && used.length(1) == -1);
}

TEST(a_truncated_sequence_goes_on_as_if_it_had_been_read_so) {
  const auto model = tiny_model({}, 5);
  const std::vector<int32_t> ids = TinyBatch({20}, 1).ids;
  const int64_t both[] = {0, 1};
  const int32_t other[] = {7, 7};
  Decoder decoder(model, 2, 40);
  decoder.prefill(0, ids.data(), 12, {}, nullptr);
  decoder.prefill(1, ids.data(), 12, {}, nullptr);
  std::vector<float> logits(2 * model->config.vocabulary);
  ls_pass pass{};
  pass.logits = logits.data();
  for (int64_t i = 12; i < 20; i++) decoder.step(1, both, &ids[i], pass, nullptr);
  decoder.truncate(0, 12);
  CHECK(decoder.length(0) == 12);
  decoder.step(2, both, other, pass, nullptr);
  CHECK(std::equal(logits.begin(), logits.begin() + model->config.vocabulary, logits.begin() + model->config.vocabulary));
  CHECK(refused([&] { decoder.truncate(1, 14); }, "sequence 1 has 13 tokens: expected 0 to that but found 14"));
  CHECK(refused([&] { decoder.truncate(2, 0); }, "from 0 to 1 but found 2"));
  CHECK(refused([&] { decoder.truncate(0, -1); }, "found -1"));
}

TEST(a_sequence_can_start_without_a_prompt) {
  const auto model = tiny_model({});
  const std::vector<int32_t> ids = TinyBatch({9}, 1).ids;
  const Whole want = whole(*model, ids, {}, 0, 1, 0, 0);
  Decoder decoder(model, 1, 9);
  std::vector<float> logits(37);
  ls_pass pass{};
  pass.logits = logits.data();
  const int64_t zero = 0;
  for (int64_t i = 0; i < 9; i++) {
    decoder.step(1, &zero, &ids[i], pass, nullptr);
    close_logits(logits.data(), &want.logits[i * 37], 37);
  }
  CHECK(refused([&] { decoder.step(1, &zero, &ids[0], pass, nullptr); }, "full, its capacity is 9"));
}

TEST(wrong_steps_are_refused_and_change_nothing) {
  const auto model = tiny_model({});
  CHECK(refused([&] { Decoder(model, 0, 8); }, "sequences"));
  CHECK(refused([&] { Decoder(model, 1, 0); }, "capacity"));
  CHECK(refused([&] { Decoder(model, 1, int64_t{1} << 40); }, "capacity"));
  CHECK(refused([&] { Decoder(model, 1 << 20, 1 << 24); }, "more than any machine holds"));
  CHECK(refused([&] { Decoder(model, 1 << 12, 1 << 16); }, "available"));
  Decoder decoder(model, 2, 8);
  const std::vector<int32_t> ids = {3, 4, 5, 40};
  const auto step = [&](int64_t count, std::vector<int64_t> sequence, const ls_pass& pass = {}) {
    decoder.step(count, sequence.data(), ids.data() + (sequence[0] == 0 ? 0 : 2), pass, nullptr);
  };
  decoder.prefill(0, ids.data(), 3, {}, nullptr);
  CHECK(refused([&] { decoder.prefill(2, ids.data(), 3, {}, nullptr); }, "sequence from 0 to 1 but found 2"));
  CHECK(refused([&] { decoder.prefill(0, ids.data(), 9, {}, nullptr); }, "capacity"));
  CHECK(refused([&] { decoder.prefill(0, ids.data(), 4, {}, nullptr); }, "found 40"));
  CHECK(refused([&] { step(3, {0, 1, 0}); }, "1 to 2 sequences but found 3"));
  CHECK(refused([&] { step(2, {0, 0}); }, "named twice"));
  CHECK(refused([&] { step(1, {-1}); }, "found -1"));
  CHECK(refused([&] { step(2, {1, 0}); }, "found 40"));
  ls_probe probe{};
  float out[64];
  probe.column_sum = out;
  ls_pass pass{};
  pass.probe = &probe;
  CHECK(refused([&] { step(1, {0}, pass); }, "column_sum"));
  const int64_t begin = 0, end = 5;
  probe = {};
  probe.spans = 1;
  probe.span_begin = &begin;
  probe.span_end = &end;
  CHECK(refused([&] { step(1, {0}, pass); }, "span 0"));
  ls_edit edit{0, 0, LS_EDIT_MEAN, 0, nullptr};
  pass = {};
  pass.edit_count = 1;
  pass.edits = &edit;
  CHECK(refused([&] { step(1, {0}, pass); }, "in a decoder mean expects values"));
  CHECK(decoder.length(0) == 3);
}
