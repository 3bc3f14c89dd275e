package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParallelSamplesTest {
  @TempDir Path dir;

  /** Samples whose size and cost differ. */
  private static final class Numbers implements Generator {
    private final AtomicLong underWay = new AtomicLong();

    @Override
    public String task() {
      return "numbers";
    }

    @Override
    public Sample sample(long index) {
      underWay.incrementAndGet();
      try {
        return make(index);
      } finally {
        underWay.decrementAndGet();
      }
    }

    private Sample make(long index) {
      if (index == 700) {
        throw new LodestoneException("no 700");
      }
      var text = ("\ud83e\udea1 " + index + "\n").repeat((int) (index * 7919 % 500) + 1);
      return new Sample("n-" + index, task(), text, List.of("" + index), List.of(),
          Json.mapper().createObjectNode().put("index", (int) index));
    }
  }

  private byte[] write(String name, int threads, long first, long count) throws IOException {
    var file = dir.resolve(name);
    List<String> seen = new ArrayList<>();
    ParallelSamples.write(file, new Numbers(), first, count, threads, s -> true, s -> seen.add(s.id()));
    assertEquals(LongStream.range(first, first + count).mapToObj(i -> "n-" + i).toList(), seen);
    return Files.readAllBytes(file);
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBytes() throws IOException {
    var one = write("1.jsonl", 1, 0, 600);
    for (int threads : new int[] {2, 3, 8}) {
      assertArrayEquals(one, write(threads + ".jsonl", threads, 0, 600));
    }
    assertArrayEquals(write("1.jsonl.gz", 1, 701, 50), write("2.jsonl.gz", 2, 701, 50));
    var samples = new Numbers();
    Samples.write(dir.resolve("plain.jsonl"), samples.stream(600));
    assertArrayEquals(Files.readAllBytes(dir.resolve("plain.jsonl")), one);
    assertEquals(samples.stream(600).toList(), Samples.readText(dir.resolve("1.jsonl"), Samples.Format.AUTO));
  }

  @Test
  void aFailureStopsAllAndLeavesNothing() {
    var file = dir.resolve("half.jsonl");
    var written = new AtomicLong();
    var generator = new Numbers();
    var e = assertThrows(LodestoneException.class, () -> ParallelSamples.write(file, generator, 0, Long.MAX_VALUE, 2,
        s -> true, s -> written.incrementAndGet()));
    assertEquals("no 700", e.getMessage());
    assertTrue(written.get() <= 700);
    assertEquals(0, dir.toFile().list().length);
    assertEquals(0, generator.underWay.get(), "what the makers use may be closed now");
  }

  @Test
  void leavesOutWhatIsRefused() throws IOException {
    var file = dir.resolve("even.jsonl");
    List<String> seen = new ArrayList<>();
    ParallelSamples.write(file, new Numbers(), 0, 10, 2, s -> s.meta().get("index").asInt() % 2 == 0,
        s -> seen.add(s.id()));
    assertEquals(List.of("n-0", "n-2", "n-4", "n-6", "n-8"), seen);
    assertEquals(5, Samples.readText(file, Samples.Format.AUTO).size());
  }

  /** A reader slower than the makers does not make them pile up what they made. */
  @Test
  void makesAFewRunsAheadOnly() {
    var made = new AtomicLong();
    var ahead = new AtomicLong();
    var written = new AtomicLong();
    var big = "x".repeat(1 << 18);
    Generator generator = new Generator() {
      @Override
      public String task() {
        return "big";
      }

      @Override
      public Sample sample(long index) {
        made.incrementAndGet();
        return new Sample("" + index, "", big, List.of(), List.of(), Json.mapper().createObjectNode());
      }
    };
    ParallelSamples.write(dir.resolve("big.jsonl"), generator, 0, 100, 2, s -> true,
        s -> ahead.accumulateAndGet(made.get() - written.incrementAndGet(), Math::max));
    assertTrue(ahead.get() <= 8, ahead + " samples made ahead");
  }
}
