// What the tests of both backends do to rows and heads, against plain loops. A backend gives a buffer type and the number type it stores.
#pragma once

#include <algorithm>

#include "ops/rows/rows.h"
#include "testing/check.h"

namespace ls::rows_cases {

struct Shape { int64_t rows, width; };
// Vectors and single elements; several rows in a block; several blocks to a row.
inline const std::vector<Shape> kShapes = {{1, 1}, {37, 16}, {9, 47}, {3, 2056}, {70, 64}, {2, 301}};

inline std::vector<int64_t> shuffled(int64_t count, int64_t of) {  // distinct rows
  std::vector<int64_t> all(of);
  for (int64_t i = 0; i < of; i++) all[i] = i;
  std::shuffle(all.begin(), all.end(), std::mt19937(3));
  all.resize(count);
  return all;
}

// Backend: Real; Buffer<T>(vector) with get() and read(); rounded(floats): as they are stored; poison(count); and the ops.
template <class Backend>
struct Cases {
  using Real = typename Backend::Real;
  template <class T> using Buffer = typename Backend::template Buffer<T>;
  static std::vector<Real> numbers(int64_t count, uint32_t seed) { return Backend::stored(testing::normal(count, seed)); }
  static void expect(const Buffer<Real>& got, const std::vector<Real>& want) {
    const std::vector<Real> values = got.read();
    CHECK(values.size() == want.size() && !std::memcmp(values.data(), want.data(), want.size() * sizeof(Real)));
  }

  static void gather_and_scatter() {
    for (const auto& [rows, width] : kShapes) {
      const int64_t of = rows + 5;
      const std::vector<int64_t> row = shuffled(rows, of);
      const std::vector<Real> all = numbers(of * width, 1), some = numbers(rows * width, 2);
      std::vector<Real> gathered(rows * width), scattered = all;
      for (int64_t i = 0; i < rows; i++) {
        std::copy_n(&all[row[i] * width], width, &gathered[i * width]);
        std::copy_n(&some[i * width], width, &scattered[row[i] * width]);
      }
      const Buffer<int64_t> row_buffer(row);
      const Buffer<Real> all_buffer(all), some_buffer(some), to(Backend::poison(rows * width));
      Backend::gather_rows({rows, width, all_buffer.get(), row_buffer.get(), to.get()});
      expect(to, gathered);
      Backend::scatter_rows({rows, width, some_buffer.get(), row_buffer.get(), all_buffer.get()});
      expect(all_buffer, scattered);
    }
  }

  // The heads of k inside a fused projection become the blocks of a cache, and what is not written stays.
  static void copy_into_a_cache() {
    for (int64_t head_dim : {2, 16, 40, 64})
      for (int64_t offset : {0, 3}) {  // 3 elements off: no vectors
        const int64_t tokens = 19, heads = 3, capacity = 23, stride = heads * head_dim + 24;
        const std::vector<Real> from = numbers(offset + tokens * stride, 1);
        const std::vector<Real> before = numbers(heads * capacity * head_dim, 2);
        std::vector<Real> want = before;
        for (int64_t h = 0; h < heads; h++)
          for (int64_t t = 0; t < tokens; t++)
            std::copy_n(&from[offset + t * stride + h * head_dim], head_dim, &want[(h * capacity + t) * head_dim]);
        const Buffer<Real> from_buffer(from), cache(before);
        Backend::copy_strided({tokens, head_dim, from_buffer.get() + offset, stride, cache.get(), head_dim, heads, head_dim, capacity * head_dim});
        expect(cache, want);
        const Buffer<Real> one(Backend::poison(tokens * head_dim));  // without blocks: a head back out of the cache
        Backend::copy_strided({tokens, head_dim, cache.get() + capacity * head_dim, head_dim, one.get(), head_dim});
        expect(one, {want.begin() + capacity * head_dim, want.begin() + (capacity + tokens) * head_dim});
      }
  }

  static void append_new_keys() {
    for (int64_t head_dim : {4, 16, 64}) {
      const int64_t sequences = 3, heads = 5, capacity = 7, stride = heads * head_dim + 16;
      const std::vector<int64_t> length = {1, 7, 4};
      const std::vector<Real> from = numbers(sequences * stride, 1);
      const Buffer<Real> from_buffer(from), a(numbers(heads * capacity * head_dim, 2)), b(numbers(heads * capacity * head_dim, 3)),
          c(numbers(heads * capacity * head_dim, 4));
      const Buffer<Real>* caches[] = {&a, &b, &c};
      std::vector<std::vector<Real>> want;
      for (int64_t s = 0; s < sequences; s++) {
        want.push_back(caches[s]->read());
        for (int64_t h = 0; h < heads; h++)
          std::copy_n(&from[s * stride + h * head_dim], head_dim, &want[s][(h * capacity + length[s] - 1) * head_dim]);
      }
      const Buffer<Real*> pointers(std::vector<Real*>{a.get(), b.get(), c.get()});
      const Buffer<int64_t> lengths(length);
      Backend::append_to_cache({sequences, heads, head_dim, from_buffer.get(), stride, pointers.get(), capacity, lengths.get()});
      for (int64_t s = 0; s < sequences; s++) expect(*caches[s], want[s]);
    }
  }

  static void argmax() {
    constexpr float kInfinity = INFINITY;
    for (int64_t width : {1, 5, 40, 1000, 5003, 20000}) {
      std::vector<std::vector<float>> rows;
      std::vector<int32_t> want;
      const auto add = [&](const std::vector<float>& row, int64_t index) { rows.push_back(row), want.push_back(static_cast<int32_t>(index)); };
      std::vector<float> row = testing::normal(width, 7);
      for (int64_t at : {int64_t{0}, width / 2, width - 1}) {
        std::vector<float> one = row;
        one[at] = 100;
        for (int64_t i = at; i < width; i += 3) one[i] = 100;  // the lowest of equals
        add(one, at);
        one.assign(width, NAN);
        one[at] = -kInfinity;
        add(one, at);
      }
      add(std::vector<float>(width, NAN), 0);
      add(std::vector<float>(width, -kInfinity), 0);
      row.assign(width, NAN);
      row[width - 1] = -3;
      add(row, width - 1);
      std::vector<float> all;
      for (const auto& one : rows) all.insert(all.end(), one.begin(), one.end());
      const Buffer<float> values(all);
      const Buffer<int32_t> index(std::vector<int32_t>(rows.size(), -7));
      Backend::argmax_rows({static_cast<int64_t>(rows.size()), width, values.get(), index.get()});
      CHECK(index.read() == want);
    }
  }

  static void edits() {
    for (int64_t head_dim : {2, 16, 40, 64})
      for (HeadEdit kind : {HeadEdit::zero, HeadEdit::set, HeadEdit::replace})
        for (bool numbered : {false, true}) {
          const int64_t rows = 21, heads = 3, head = 1, stride = heads * head_dim + 8, first_row = 4;
          const std::vector<Real> before = numbers(rows * stride, 1);
          const std::vector<float> values = testing::normal(rows * head_dim, 2);
          std::vector<int32_t> number(rows);
          for (int64_t r = 0; r < rows; r++) number[r] = static_cast<int32_t>(numbered ? r * 5 % 7 : r);
          const std::vector<Real> stored = Backend::stored(values), zeros = Backend::stored(std::vector<float>(head_dim));
          std::vector<Real> want = before;
          for (int64_t r = 0; r < rows; r++)
            if (number[r] >= first_row)
              std::copy_n(kind == HeadEdit::zero ? zeros.data() : &stored[kind == HeadEdit::replace ? r * head_dim : 0], head_dim,
                          &want[r * stride + head * head_dim]);
          const Buffer<Real> x(before);
          const Buffer<float> value_buffer(values);
          const Buffer<int32_t> number_buffer(number);
          Backend::edit_head({rows, head_dim, stride, head, x.get(), kind, first_row, numbered ? number_buffer.get() : nullptr,
                              kind == HeadEdit::zero ? nullptr : value_buffer.get()});
          expect(x, want);
        }
  }

  // Sums in double, rounded once to float: half a unit in the last place.
  static void means_and_captures() {
    for (int64_t head_dim : {2, 16, 40, 64, 128})
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {3, 80}, {0, 81}}) {
        const int64_t rows = 81, heads = 3, head = 2, stride = heads * head_dim + 8;
        const std::vector<Real> values = numbers(rows * stride, 1);
        std::vector<double> want_mean(head_dim);
        std::vector<float> want_read(rows * head_dim);
        for (int64_t r = 0; r < rows; r++)
          for (int64_t i = 0; i < head_dim; i++) {
            const float x = to_float(values[r * stride + head * head_dim + i]);
            want_read[r * head_dim + i] = x;
            if (begin <= r && r < end) want_mean[i] += static_cast<double>(x) / static_cast<double>(end - begin);
          }
        const Buffer<Real> x(values);
        const Buffer<float> mean(std::vector<float>(head_dim, NAN)), out(std::vector<float>(rows * head_dim, NAN));
        Backend::mean_head({begin, end, head_dim, stride, head, x.get(), mean.get()});
        Backend::read_head({rows, head_dim, stride, head, x.get(), out.get()});
        CHECK_CLOSE(mean.read().data(), want_mean.data(), head_dim, 1e-12, 6.1e-8);
        CHECK(out.read() == want_read);
      }
  }
};

}  // namespace ls::rows_cases
