package dev.lodestone.cli;

import dev.lodestone.engine.GpuMonitor;
import dev.lodestone.engine.GpuSample;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Reads a GPU's sensors a few times a second while something else runs. */
final class GpuWatch implements AutoCloseable {
  private static final long EVERY_MS = 200;

  private final GpuMonitor monitor;
  private final List<GpuSample> samples = new ArrayList<>();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
    var thread = new Thread(work, "gpu-watch");
    thread.setDaemon(true);
    return thread;
  });

  GpuWatch(GpuMonitor monitor) {
    this.monitor = monitor;
    clock.scheduleWithFixedDelay(this::sample, 0, EVERY_MS, TimeUnit.MILLISECONDS);
  }

  private synchronized void sample() {
    monitor.sample().ifPresent(samples::add);
  }

  /** What they said since this was asked last, or since the beginning; at least once. Empty if there are none. */
  synchronized Optional<GpuSample> sinceLast() {
    sample();
    var said = samples.isEmpty() ? Optional.<GpuSample>empty() : Optional.of(GpuSample.over(samples));
    samples.clear();
    return said;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
