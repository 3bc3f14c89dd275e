package dev.lodestone.synth.write;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The clock that waiting goes by; a test has its own. */
interface Time {
  Time SYSTEM = new Time() {
    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      TimeUnit.NANOSECONDS.sleep(duration.toNanos());
    }
  };

  long nanos();

  void sleep(Duration duration) throws InterruptedException;
}
