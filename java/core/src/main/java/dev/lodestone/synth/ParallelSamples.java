package dev.lodestone.synth;

import dev.lodestone.data.Sample;
import dev.lodestone.io.AtomicOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Writes generated samples with several threads: runs of samples are made and turned into bytes beside each other and
 * written in the order of their index, so the file does not depend on the threads. A few runs are under way at any
 * time; memory does not grow with the count.
 */
public final class ParallelSamples {
  private static final int RUN_BYTES = 1 << 18; // about so much is made at once
  private static final int MOST_PER_RUN = 1 << 10;

  private record Run(List<Sample> samples, byte[] lines) {}

  private ParallelSamples() {}

  /**
   * Writes the samples {@code first} to {@code first + count - 1}: the file whole or not at all, compressed if its name
   * ends in .gz. What a thread throws stops everything and is thrown here.
   *
   * @param keep samples that it refuses are left out; called from all threads
   * @param written sees every sample that was written, in order, on the calling thread
   */
  public static void write(Path file, Generator generator, long first, long count, int threads, Predicate<Sample> keep,
      Consumer<Sample> written) {
    ExecutorService workers = Executors.newFixedThreadPool(threads, ParallelSamples::daemon);
    try (var out = AtomicOutput.open(file)) {
      Deque<Future<Run>> runs = new ArrayDeque<>();
      long next = first;
      long end = Math.addExact(first, count);
      int length = 1; // samples of a run
      while (next < end || !runs.isEmpty()) {
        while (next < end && runs.size() < 2 * threads) {
          long from = next;
          next = Math.min(end, from + length);
          long to = next;
          runs.add(workers.submit(() -> make(generator, from, to, keep)));
        }
        var run = result(runs.remove());
        out.stream().write(run.lines);
        run.samples.forEach(written);
        if (!run.samples.isEmpty()) {
          int mean = run.lines.length / run.samples.size();
          length = Math.max(1, Math.min(MOST_PER_RUN, RUN_BYTES / Math.max(1, mean)));
        }
      }
      out.commit();
    } catch (IOException e) {
      throw new IllegalStateException(e); // AtomicOutput has its own words for what fails
    } finally {
      stop(workers);
    }
  }

  private static Run make(Generator generator, long from, long to, Predicate<Sample> keep) {
    var samples = new ArrayList<Sample>();
    var lines = new ByteArrayOutputStream(RUN_BYTES + RUN_BYTES / 4);
    for (long i = from; i < to; i++) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException();
      }
      var sample = generator.sample(i);
      if (keep.test(sample)) {
        samples.add(sample);
        lines.writeBytes(sample.toLine());
      }
    }
    return new Run(samples, lines.toByteArray());
  }

  private static Run result(Future<Run> run) {
    try {
      return run.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      } else if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    }
  }

  /** Waits for the samples under way: what they use, such as a tokenizer, may be closed next. */
  private static void stop(ExecutorService workers) {
    workers.shutdownNow();
    boolean interrupted = false;
    while (!workers.isTerminated()) {
      try {
        workers.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread daemon(Runnable work) {
    var thread = new Thread(work, "samples");
    thread.setDaemon(true);
    return thread;
  }
}
