package dev.lodestone.bench;

import dev.lodestone.synth.HaystackText;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What 100,000 characters of a novel cost: encoded with spans, counted, and estimated from remembered words. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class TokenizerBenchmark {
  /** Folder with a tokenizer.json. */
  @Param("")
  public String tokenizer;

  private final String text = String.join(" ", HaystackText.builtin().sentences()).substring(0, 100_000);
  private Tokenizer library;
  private TokenCounter counter;

  @Setup
  public void open() {
    library = Tokenizer.load(Path.of(tokenizer));
    counter = new TokenCounter(library);
  }

  @TearDown
  public void close() {
    library.close();
  }

  @Benchmark
  public Tokenizer.Encoding encode(Megabytes megabytes) {
    megabytes.add(text.length());
    return library.encode(text, false);
  }

  @Benchmark
  public int count(Megabytes megabytes) {
    megabytes.add(text.length());
    return counter.exact(text);
  }

  @Benchmark
  public int estimate(Megabytes megabytes) {
    megabytes.add(text.length());
    return counter.estimate(text);
  }
}
