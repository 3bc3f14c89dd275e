#include "runtime/threads.h"

#include <sched.h>

namespace ls {

int usable_threads() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  return omp_get_num_procs();
}

void use_threads(int count) { omp_set_num_threads(count < 1 ? 1 : count); }

}  // namespace ls
