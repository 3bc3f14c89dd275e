package dev.lodestone.synth.write;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A clock that jumps ahead instead of waiting. */
final class FakeTime implements Time {
  final List<Duration> slept = new ArrayList<>();
  private long now = 1;

  @Override
  public synchronized long nanos() {
    return now;
  }

  @Override
  public synchronized void sleep(Duration duration) {
    slept.add(duration);
    now += duration.toNanos();
  }
}
