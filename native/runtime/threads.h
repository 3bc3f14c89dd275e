// Parallel loops. OpenMP, because oneDNN from the presets jar uses it too and then runs single-threaded inside our loops.
//
// The rule that makes results independent of the number of threads: work is cut into items by the problem's size alone, an item writes only what is
// its own, and sums over items are taken afterwards in the order of the items.
#pragma once

#include <omp.h>

#include <cstdint>

namespace ls {

int usable_threads();         // processors this process may run on
void use_threads(int count);  // for the parallel loops that the calling thread starts from now on; count >= 1

// body(i) for i in [0, count), handed out one at a time in order. The body must not throw.
template <class Body>
void parallel_for(int64_t count, const Body& body) {
  if (count <= 1 || omp_in_parallel()) {
    for (int64_t i = 0; i < count; i++) body(i);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t i = 0; i < count; i++) body(i);
}

// body(begin, end) over [0, count) in pieces of `grain`.
template <class Body>
void parallel_ranges(int64_t count, int64_t grain, const Body& body) {
  parallel_for((count + grain - 1) / grain, [&](int64_t i) { body(i * grain, i * grain + grain < count ? i * grain + grain : count); });
}

}  // namespace ls
