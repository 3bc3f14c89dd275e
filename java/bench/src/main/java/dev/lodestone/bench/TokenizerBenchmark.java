package dev.lodestone.bench;

import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a text costs in the tokenizer, with spans, as a count, and estimated. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TokenizerBenchmark {
  @Param("")
  public String tokenizer;

  private Tokenizer library;

  @Setup
  public void open() {
    library = Tokenizer.load(Path.of(tokenizer));
  }

  @TearDown
  public void close() {
    library.close();
  }

  @Benchmark
  public int exact() {
    return new TokenCounter(library).exact("some text");
  }
}
