// The forward pass against the whole decoder in double; probe, edits and captures.
#include "model/forward.h"

#include "model/reference.h"
#include "model/tiny.h"
#include "runtime/threads.h"

using namespace ls;
using namespace ls::LS_BACKEND;
using namespace ls::testing;

namespace {

// Of probabilities, head outputs and losses; see CHECK_LOGITS in tiny.h.
constexpr double kBound = bound(5e-5, 0.1);

struct Run {
  std::vector<float> logits;
  double loss = 0;
};

Run run(Model& model, const ls_batch& batch, ls_pass pass = {}) {
  Run out;
  out.logits.resize(batch.tokens * model.config.vocabulary);
  std::vector<int64_t> rows(batch.tokens);
  for (int64_t i = 0; i < batch.tokens; i++) rows[i] = i;
  pass.logit_rows = batch.tokens;
  pass.logit_row = rows.data();
  pass.logits = out.logits.data();
  if (batch.labels) pass.loss = &out.loss;
  forward(model, model.space, checked(batch, model.config), pass);
  return out;
}

Run run_edited(Model& model, const ls_batch& batch, const std::vector<ls_edit>& edits) {
  ls_pass pass{};
  pass.edit_count = static_cast<int64_t>(edits.size());
  pass.edits = edits.data();
  return run(model, batch, pass);
}

std::vector<TinyOptions> variants() {
  return {{}, {true, false, {}}, {false, true, {}}, {true, true, {5, 0, 3}}, {false, false, {}, 2, 4, 4}, {false, false, {}, 2, 4, 1}};
}

bool rejected(const std::function<void()>& body, const char* part) {
  try {
    body();
  } catch (const Error& e) {
    if (e.status == LS_INVALID && std::strstr(e.what(), part)) return true;
    std::printf("  said instead: %s\n", e.what());
  }
  return false;
}

}  // namespace

TEST(logits_and_loss_equal_the_reference) {
  for_each_variant([] {
    uint32_t seed = 1;
    for (const TinyOptions& options : variants()) {
      const auto model = tiny_model(options, seed++);
      const TinyBatch batch({9, 1, 14}, seed, true, seed % 2);
      const ReferenceResult want = Reference(*model).run(batch.get());
      const Run got = run(*model, batch.get());
      CHECK_LOGITS(got.logits.data(), want.logits.data(), want.logits.size());
      CHECK(std::abs(got.loss - want.loss) < kBound);
    }
  });
}

TEST(chosen_rows_are_the_rows_of_all) {
  const auto model = tiny_model({});
  const TinyBatch batch({20, 11}, 3);
  const Run all = run(*model, batch.get());
  const std::vector<int64_t> rows = {30, 4, 4, 19};  // any order, twice
  std::vector<float> logits(rows.size() * 37);
  double loss = 0;
  ls_pass pass{};
  pass.logit_rows = 4;
  pass.logit_row = rows.data();
  pass.logits = logits.data();
  pass.loss = &loss;
  forward(*model, model->space, checked(batch.get(), model->config), pass);
  for (size_t i = 0; i < rows.size(); i++) {
    const std::vector<double> want(&all.logits[rows[i] * 37], &all.logits[rows[i] * 37] + 37);
    CHECK_LOGITS(&logits[i * 37], want.data(), 37);
  }
  CHECK(std::abs(loss - all.loss) < kBound);
}

TEST(packing_does_not_mix_documents) {
  const auto model = tiny_model({false, true, {0, 4, 0}});
  TinyBatch batch({13, 7}, 5);
  const Run together = run(*model, batch.get());
  TinyBatch second({7}, 5);
  std::copy(batch.ids.begin() + 13, batch.ids.end(), second.ids.begin());
  const Run alone = run(*model, second.get());
  const std::vector<double> want(alone.logits.begin(), alone.logits.end());
  CHECK_LOGITS(&together.logits[13 * 37], want.data(), 7 * 37);
}

TEST(edits_equal_the_reference) {
  const auto model = tiny_model({false, true, {0, 6, 0}});
  const TinyBatch batch({12, 10}, 9);
  const Reference reference(*model);
  const std::vector<float> mean = normal(kTinyHeadDim, 1), values = normal(22 * kTinyHeadDim, 2);
  const std::vector<std::vector<ls_edit>> cases = {
      {{0, 1, LS_EDIT_ZERO, 0, nullptr}},
      {{1, 3, LS_EDIT_UNIFORM, 0, nullptr}},
      {{2, 0, LS_EDIT_MEAN, 0, nullptr}},
      {{0, 2, LS_EDIT_MEAN, 5, mean.data()}},
      {{1, 1, LS_EDIT_REPLACE, 3, values.data()}, {1, 2, LS_EDIT_ZERO, 15, nullptr}, {0, 0, LS_EDIT_UNIFORM, 4, nullptr},
       {2, 3, LS_EDIT_MEAN, 14, nullptr}},
  };
  const Run plain = run(*model, batch.get());
  for (const auto& edits : cases) {
    const ReferenceResult want = reference.run(batch.get(), edits);
    const Run got = run_edited(*model, batch.get(), edits);
    CHECK_LOGITS(got.logits.data(), want.logits.data(), want.logits.size());
    CHECK(got.logits != plain.logits);
  }
}

TEST(captures_and_patching_a_run_into_itself) {
  const auto model = tiny_model({});
  const TinyBatch batch({11, 6}, 4);
  const ReferenceResult want = Reference(*model).run(batch.get());
  std::vector<std::vector<float>> values(3, std::vector<float>(17 * kTinyHeadDim));
  const std::vector<ls_capture> captures = {{0, 1, values[0].data()}, {2, 3, values[1].data()}, {1, 0, values[2].data()}};
  ls_pass pass{};
  pass.capture_count = 3;
  pass.captures = captures.data();
  const Run plain = run(*model, batch.get(), pass);
  std::vector<ls_edit> patch;
  for (const ls_capture& c : captures) {
    for (int64_t t = 0; t < 17; t++) CHECK_CLOSE(c.values + t * kTinyHeadDim, &want.outputs[c.layer][(t * 4 + c.head) * kTinyHeadDim], kTinyHeadDim, kBound, kBound);
    patch.push_back({c.layer, c.head, LS_EDIT_REPLACE, 0, c.values});
  }
  CHECK(run_edited(*model, batch.get(), patch).logits == plain.logits);  // bit for bit

  // A capture alone, of the last layer, needs no logits.
  std::vector<float> again(17 * kTinyHeadDim);
  const ls_capture one{2, 3, again.data()};
  ls_pass only{};
  only.capture_count = 1;
  only.captures = &one;
  forward(*model, model->space, checked(batch.get(), model->config), only);
  CHECK(again == values[1]);
}

TEST(probe_equals_the_reference) {
  const auto model = tiny_model({false, false, {0, 6, 0}});
  const TinyBatch batch({12, 10}, 9);
  const int64_t tokens = 22, layers = 3, heads = 4;
  const std::vector<int64_t> rows = {0, 3, 11, 12, 20}, begin = {0, 13}, end = {4, 16};
  const int64_t n = static_cast<int64_t>(rows.size()), all = layers * heads * n;
  std::vector<float> lse(all), first(all), second(all), mass(all * 2), columns(layers * heads * tokens);
  std::vector<int32_t> argmax(all), runner_up(all);
  ls_probe probe{n, rows.data(), 2, begin.data(), end.data(), lse.data(), argmax.data(), first.data(), runner_up.data(), second.data(), mass.data(),
                 columns.data(), nullptr};
  ls_pass pass{};
  pass.probe = &probe;
  run(*model, batch.get(), pass);
  const ReferenceResult want = Reference(*model).run(batch.get());
  for (int64_t l = 0; l < layers; l++)
    for (int64_t h = 0; h < heads; h++) {
      Values column(tokens);
      for (int64_t r = 0; r < n; r++) {
        const double *p = &want.probabilities[l][(h * tokens + rows[r]) * tokens], *s = &want.scores[l][(h * tokens + rows[r]) * tokens];
        const int64_t at = (l * heads + h) * n + r, best = std::max_element(p, p + tokens) - p;
        double sum = 0;
        for (int64_t j = 0; j < tokens; j++) sum += std::exp(s[j]), column[j] += p[j];
        CHECK(std::abs(lse[at] - std::log(sum)) < kBound);
        CHECK(argmax[at] == best);
        CHECK(std::abs(first[at] - p[best]) < kBound);
        double next = 0;
        for (int64_t j = 0; j < tokens; j++)
          if (j != best) next = std::max(next, p[j]);
        CHECK(std::abs(second[at] - next) < kBound);
        for (int64_t k = 0; k < 2; k++) {
          double inside = 0;
          bool visible = false;
          for (int64_t j = begin[k]; j < end[k]; j++) inside += p[j], visible |= s[j] > -INFINITY;
          const float got = mass[at * 2 + k];
          if (l == 1 && !visible && k == 0 && rows[r] == 11) CHECK(std::isnan(got));  // the window of layer 1 hides the span
          else if (visible) CHECK(std::abs(got - inside) < kBound);
        }
      }
      CHECK_CLOSE(&columns[(l * heads + h) * tokens], column.data(), tokens, kBound, kBound);
    }
}

TEST(threads_do_not_change_a_bit) {
  const auto model = tiny_model({true, true, {0, 5, 0}});
  const TinyBatch batch({40, 7, 90}, 9);
  use_threads(1);
  const Run one = run(*model, batch.get());
  for (int threads : {2, 3}) {
    use_threads(threads);
    const Run many = run(*model, batch.get());
    CHECK(many.logits == one.logits);
    CHECK(many.loss == one.loss);
  }
}

TEST(wrong_batches_are_refused_with_a_sentence) {
  const auto model = tiny_model({});
  const Config& c = model->config;
  const auto refused = [&](const std::function<void(TinyBatch&, ls_batch&)>& spoil, const char* part) {
    TinyBatch batch({5, 4}, 1, true, true);
    ls_batch b = batch.get();
    spoil(batch, b);
    CHECK(rejected([&] { checked(b, c); }, part));
  };
  refused([](TinyBatch& t, ls_batch&) { t.ids[3] = 37; }, "token 3 to be below the vocabulary of 37 but found 37");
  refused([](TinyBatch& t, ls_batch&) { t.ids[3] = -1; }, "found -1");
  refused([](TinyBatch& t, ls_batch&) { t.labels[0] = 99; }, "label 0");
  refused([](TinyBatch& t, ls_batch&) { t.labels[8] = -1; }, "label 8");
  refused([](TinyBatch& t, ls_batch&) { t.starts[1] = 9; }, "ascending starts");
  refused([](TinyBatch& t, ls_batch&) { t.starts[1] = 10; }, "ascending starts");
  refused([](TinyBatch& t, ls_batch&) { t.starts[0] = 1; }, "start at token 0");
  refused([](TinyBatch& t, ls_batch&) { t.starts[2] = 8; }, "end at token 9");
  refused([](TinyBatch& t, ls_batch&) { t.weights[2] = NAN; }, "weight 2");
  refused([](TinyBatch& t, ls_batch&) { t.weights[2] = -1; }, "weight 2");
  refused([](TinyBatch&, ls_batch& b) { b.tokens = 0; }, "tokens");
  refused([](TinyBatch&, ls_batch& b) { b.ids = nullptr; }, "ids is NULL");
  refused([](TinyBatch&, ls_batch& b) { b.starts = nullptr; }, "1 document");
  refused([](TinyBatch&, ls_batch& b) { b.documents = 0; }, "documents");
  refused([](TinyBatch&, ls_batch& b) { b.labels = nullptr; }, "no labels");
}

TEST(wrong_passes_are_refused_with_a_sentence) {
  const auto model = tiny_model({});
  const TinyBatch tiny({9}, 1, false);
  const auto refused = [&](const ls_pass& pass, const char* part) {
    CHECK(rejected([&] { forward(*model, model->space, checked(tiny.get(), model->config), pass); }, part));
  };
  const auto refused_edit = [&](ls_edit edit, const char* part) {
    ls_pass pass{};
    pass.edit_count = 1;
    pass.edits = &edit;
    refused(pass, part);
  };
  refused_edit({3, 0, LS_EDIT_ZERO, 0, nullptr}, "layer from 0 to 2 but found 3");
  refused_edit({0, 4, LS_EDIT_ZERO, 0, nullptr}, "head from 0 to 3 but found 4");
  refused_edit({0, -1, LS_EDIT_ZERO, 0, nullptr}, "found -1");
  refused_edit({0, 0, 7, 0, nullptr}, "kind");
  refused_edit({0, 0, LS_EDIT_ZERO, -1, nullptr}, "first_row");
  refused_edit({0, 0, LS_EDIT_REPLACE, 0, nullptr}, "values");
  std::vector<float> out(4096);
  const auto refused_probe = [&](std::vector<int64_t> rows, int64_t begin, int64_t end, const char* part) {
    ls_probe probe{};
    probe.rows = static_cast<int64_t>(rows.size());
    probe.row = rows.data();
    probe.spans = 1;
    probe.span_begin = &begin;
    probe.span_end = &end;
    probe.lse = out.data();
    ls_pass pass{};
    pass.probe = &probe;
    refused(pass, part);
  };
  refused_probe({9}, 0, 1, "row 0 from 0 to 8 but found 9");
  refused_probe({4, 4}, 0, 1, "ascending");
  refused_probe({4}, 3, 10, "span 0");
  refused_probe({4}, 3, 3, "span 0");
  refused_probe({4}, -1, 3, "span 0");
  ls_pass pass{};
  const int64_t row = 9;
  pass.logit_rows = 1;
  refused(pass, "NULL");
  pass.logit_row = &row;
  pass.logits = out.data();
  refused(pass, "row 0 from 0 to 8 but found 9");
  ls_pass with_loss{};
  double loss;
  with_loss.loss = &loss;
  refused(with_loss, "labels");
}
