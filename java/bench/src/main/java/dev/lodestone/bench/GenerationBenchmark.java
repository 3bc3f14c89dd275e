package dev.lodestone.bench;

import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.QaPrompt;
import dev.lodestone.data.SummHayPrompt;
import dev.lodestone.synth.Budget;
import dev.lodestone.synth.DocumentTask;
import dev.lodestone.synth.DocumentTasks;
import dev.lodestone.synth.Generator;
import dev.lodestone.synth.Haystack;
import dev.lodestone.synth.KeyValueTask;
import dev.lodestone.synth.Needle;
import dev.lodestone.synth.NeedleTask;
import dev.lodestone.synth.ParallelSamples;
import dev.lodestone.synth.RulerTask;
import dev.lodestone.synth.RulerWords;
import dev.lodestone.synth.Scene;
import dev.lodestone.synth.WorldProblems;
import dev.lodestone.synth.world.Relations;
import dev.lodestone.synth.world.Split;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
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

/**
 * Samples made and written as JSON lines into nothing, megabytes of prompts a second; beside it the same prompts only
 * encoded once, which is what a token budget cannot do without.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class GenerationBenchmark {
  private static final int SAMPLES = 64;

  /** Folder with a tokenizer.json; none counts characters. */
  @Param("")
  public String tokenizer;

  @Param({"niah", "niah-repeated", "ruler", "ruler-needles", "kv", "mdqa-templated", "musique-templated",
      "summhay-templated", "mdqa-symbolic", "musique-symbolic", "summhay-symbolic"})
  public String task;

  /** Of a prompt, in characters; with a tokenizer a quarter of it in tokens. */
  @Param({"16384"})
  public int length;

  @Param({"2"})
  public int threads;

  private Tokenizer library;
  private Generator generator;
  private List<String> prompts;
  private long index;

  @Setup
  public void open() {
    library = tokenizer.isEmpty() ? null : Tokenizer.load(Path.of(tokenizer));
    generator = generator(library == null ? Budget.characters(length)
        : Budget.tokens(new TokenCounter(library), length / 4));
    prompts = generator.stream(SAMPLES).map(s -> s.prompt()).toList();
  }

  @TearDown
  public void close() {
    if (library != null) {
      library.close();
    }
  }

  private Generator generator(Budget budget) {
    return switch (task) {
      case "niah" -> needles(budget, Haystack.REAL);
      case "niah-repeated" -> needles(budget, Haystack.REPEATED);
      case "ruler" -> ruler(budget, Haystack.REPEATED);
      case "ruler-needles" -> ruler(budget, Haystack.VARIED);
      case "kv" -> new KeyValueTask(new KeyValueTask.Options(0, budget, 10, false, ChatTemplate.NONE, 0));
      default -> documents(budget, task.split("-")[0], Needle.parse(task.split("-")[1]));
    };
  }

  private static Generator documents(Budget budget, String task, Needle needle) {
    var relations = Relations.builtin();
    boolean symbols = needle == Needle.SYMBOLIC;
    var scenes = new Scene.Options(relations, Split.ALL, Set.of(),
        symbols ? Scene.Expressions.symbolic() : Scene.Expressions.templated(relations), symbols);
    var recipe = new DocumentTasks.Recipe(task, needle, Haystack.VARIED, false, List.of(2, 3, 4), 8, 1,
        new WorldProblems.Options(scenes, 2, 0), new DocumentTask.Options(0, List.of(), 10, ChatTemplate.NONE, 0));
    var template = task.equals("summhay") ? SummHayPrompt.CITATION : QaPrompt.Style.PLAIN.template();
    return DocumentTasks.create(recipe, List::of, template, budget);
  }

  private static Generator needles(Budget budget, Haystack haystack) {
    return NeedleTask.builtin(
        new NeedleTask.Options(List.of(budget), 10, Needle.TEMPLATED, haystack, ChatTemplate.NONE, 0));
  }

  private static Generator ruler(Budget budget, Haystack haystack) {
    return RulerTask.builtin(new RulerTask.Options(RulerTask.Variant.MULTI_KEY, 4, RulerWords.WORDS, RulerWords.NUMBERS,
        List.of(budget), 40, haystack, ChatTemplate.NONE, 0));
  }

  /** New samples each time. */
  @Benchmark
  public void generate(Megabytes counter) {
    ParallelSamples.write(Path.of("/dev/null"), generator, index, SAMPLES, threads, s -> true,
        s -> counter.add(s.prompt().length()));
    index += SAMPLES;
  }

  @Benchmark
  public int encodeOnly(Megabytes counter) {
    int tokens = 0;
    for (var prompt : prompts) {
      tokens += library == null ? 0 : library.count(prompt);
      counter.add(prompt.length());
    }
    return tokens;
  }
}
