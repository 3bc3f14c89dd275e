// Which thread runs next, and what happens when none can.
#include "simt/machine.h"

namespace simt {

uint64_t Machine::random() {  // xorshift64*
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 0x2545f4914f6cdd1dull >> 32;
}

namespace {

int lowest(unsigned lanes) { return __builtin_ctz(lanes); }
int highest(unsigned lanes) { return 31 - __builtin_clz(lanes); }
int any_of(Machine& m, unsigned lanes) {
  const int turn = m.random() & 31;
  const unsigned turned = lanes >> turn | (turn ? lanes << (32 - turn) : 0);
  return (lowest(turned) + turn) & 31;
}

// The first warp with a ready lane from `first` on, in steps of ±1; -1 if there is none.
int ready_warp(const Machine& m, int first, int step) {
  for (int i = 0, warp = first; i < m.warps; i++, warp = (warp + step + m.warps) % m.warps)
    if (m.ready[warp]) return warp;
  return -1;
}

bool choose_warp(Machine& m) {
  const bool stays = m.current_warp >= 0 && m.ready[m.current_warp];
  switch (m.schedule) {
    case Schedule::in_order:
      if (!stays) m.current_warp = ready_warp(m, 0, 1);
      break;
    case Schedule::reverse:
      if (!stays) m.current_warp = ready_warp(m, m.warps - 1, -1);
      break;
    case Schedule::random:
      if (!stays || m.random() % 4 == 0) m.current_warp = ready_warp(m, m.random() % m.warps, 1);
      break;
    case Schedule::skewed:
      if (m.ready[m.favourite]) m.current_warp = m.favourite;
      else if (!stays) m.current_warp = ready_warp(m, m.random() % m.warps, 1);
      break;
  }
  return m.current_warp >= 0;
}

Fiber* next_fiber(Machine& m) {
  if (!choose_warp(m)) return nullptr;
  unsigned& lanes = m.ready[m.current_warp];
  const int lane = m.schedule == Schedule::in_order  ? lowest(lanes)
                   : m.schedule == Schedule::reverse ? highest(lanes)
                                                     : any_of(m, lanes);
  lanes &= ~(1u << lane);
  return &m.fibers[m.current_warp * kLanes + lane];
}

void resume(Machine& m, Context& from, Fiber* next, bool finished = false) {
  m.counters.switches++;
  m.running = next;
  switch_context(from, next ? next->context : m.host, finished);
}

void thread_main() {
  entered();
  Machine& m = machine();
  try {
    (*m.body)();
  } catch (const std::exception& e) {
    fail({nullptr, 0}, "the kernel threw %s", e.what());
  } catch (...) {
    fail({nullptr, 0}, "the kernel threw");
  }
  Fiber& me = m.self();
  if (!me.copies.empty()) fail(me.copies.front().at, "a thread exits without waiting for cp.async, started");
  const auto reductions = m.engines.reductions.find(me.linear);
  if (reductions != m.engines.reductions.end() && !(reductions->second.open.empty() && reductions->second.committed.empty()))
    fail(me.at, "a thread exits while cp.reduce.async.bulk still reads shared memory, started");
  me.state = Fiber::exited;
  m.alive--;
  resume(m, me.context, next_fiber(m), true);
  __builtin_unreachable();
}

void report_deadlock(Machine& m) {
  note(m, "deadlock in block (%u, %u, %u): no thread can go on", m.index.x, m.index.y, m.index.z);
  // Neighbours that wait at the same place share a line.
  const auto same = [](const Fiber& a, const Fiber& b) {
    return a.state == b.state && (a.state == Fiber::exited || (a.doing == b.doing && a.at.file == b.at.file && a.at.line == b.at.line));
  };
  int lines = 0;
  for (int first = 0, last; first < m.threads && lines < 12; first = last + 1, lines++) {
    for (last = first; last + 1 < m.threads && same(m.fibers[first], m.fibers[last + 1]);) last++;
    const Fiber& fiber = m.fibers[first];
    if (fiber.state == Fiber::exited) note(m, "  threads %d-%d: exited", first, last);
    else note(m, "  threads %d-%d: %s at %s:%d", first, last, fiber.doing, base_name(fiber.at.file), fiber.at.line);
  }
}

}  // namespace

void wake(Machine& m, int linear) {
  m.fibers[linear].state = Fiber::ready;
  m.ready[linear / kLanes] |= 1u << linear % kLanes;
}

void wait(const char* doing, Location at) {
  Machine& m = machine();
  Fiber& me = m.self();
  me.state = Fiber::waiting;
  me.doing = doing;
  me.at = at;
  me.atomics_in_a_row = 0;
  Fiber* next = next_fiber(m);
  if (next != &me) resume(m, me.context, next);
}

void yield(const char* doing, Location at) {
  Machine& m = machine();
  wake(m, m.running->linear);
  wait(doing, at);
}

void abandon() {
  Machine& m = machine();
  m.abandoned = true;
  resume(m, m.self().context, nullptr, true);
  __builtin_unreachable();
}

bool run_block(Machine& m) {
  m.alive = m.threads;
  m.current_warp = -1;
  m.favourite = static_cast<int>(m.random() % m.warps);
  m.stacks.forget();
  if (m.race) m.race->begin_block(m.index.x + m.grid.x * (m.index.y + int64_t{m.grid.y} * m.index.z));
  for (int i = 0; i < m.threads; i++) {
    Fiber& fiber = m.fibers[i];
    fiber.linear = i;
    fiber.lane = i % kLanes;
    fiber.warp = i / kLanes;
    fiber.index = {i % m.shape.x, i / m.shape.x % m.shape.y, i / (m.shape.x * m.shape.y)};
    fiber.copies.clear();
    fiber.group_ends.clear();
    fiber.doing = "starting";
    fiber.at = {nullptr, 0};
    fiber.atomics_in_a_row = 0;
    m.stacks.assign(fiber.context, i);
    prepare(fiber.context, thread_main);
    wake(m, i);
  }
  while (m.alive > 0 && !m.abandoned) {
    if (Fiber* next = next_fiber(m)) {
      resume(m, m.host, next);
    } else if (!advance_engines(m)) {
      report_deadlock(m);
      m.abandoned = true;
    }
  }
  m.running = nullptr;
  m.stacks.forget();
  return !m.abandoned;
}

}  // namespace simt
