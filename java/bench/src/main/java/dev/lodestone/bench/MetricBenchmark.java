package dev.lodestone.bench;

import dev.lodestone.metrics.Normalize;
import dev.lodestone.metrics.Rouge;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One short prediction scored. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetricBenchmark {
  private final String answer = "ride the yellow tram up the hill and eat a custard tart at sunset";
  private final String prediction = "The best thing to do in Lisbon is riding the yellow trams up that hill, then eating"
      + " custard tarts.";

  @Benchmark
  public double rouge1Recall() {
    return Rouge.rouge1Recall(answer, prediction);
  }

  @Benchmark
  public String normalizeSquad() {
    return Normalize.SQUAD.apply(prediction);
  }
}
