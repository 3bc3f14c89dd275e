package dev.lodestone.synth.write;

import java.time.Duration;

/** Lets so many through a minute, evenly spaced: a token bucket that holds one token, so that there are no bursts. */
final class RateLimit {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  private final long interval; // ns
  private final Time time;
  private long next;

  /** @param perMinute 0 for no limit */
  RateLimit(int perMinute, Time time) {
    interval = perMinute == 0 ? 0 : MINUTE / perMinute;
    this.time = time;
    next = time.nanos();
  }

  /** Returns when it is this caller's turn. */
  void acquire() throws InterruptedException {
    long wait;
    synchronized (this) {
      long now = time.nanos();
      wait = Math.max(0, next - now);
      next = now + wait + interval;
    }
    if (wait > 0) {
      time.sleep(Duration.ofNanos(wait));
    }
  }
}
