package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Engine;
import dev.lodestone.lab.generate.ModelWriter;
import dev.lodestone.synth.write.CachedWriter;
import dev.lodestone.synth.write.ChatOptions;
import dev.lodestone.synth.write.ChatWriter;
import dev.lodestone.synth.write.FactWriter;
import dev.lodestone.synth.write.Writer;
import dev.lodestone.synth.write.WriterStatistics;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which language model writes the texts of {@code --needle written}, and how it is asked. */
final class WriterOptions {
  @Option(names = "--writer-url", order = 801, paramLabel = "URL",
      description = "OpenAI-compatible server that writes, e.g. http://localhost:8080/v1")
  String url;

  @Option(names = "--writer-model", order = 802, paramLabel = "NAME", description = "the server's model")
  String model;

  @Option(names = "--writer-key-env", order = 803, paramLabel = "NAME", defaultValue = "OPENAI_API_KEY",
      description = "environment variable that holds the server's key (default: ${DEFAULT-VALUE})")
  String keyName;

  @Option(names = "--writer-dir", order = 804, paramLabel = "DIR",
      description = "a model folder that writes instead, by itself and greedily")
  Path directory;

  @Option(names = "--writer-cache", order = 805, paramLabel = "DIR",
      description = "answers are kept here, so that a run that was stopped goes on (default: beside --out)")
  Path cache;

  @Option(names = "--writer-requests-per-minute", order = 806, paramLabel = "N", defaultValue = "0",
      description = "0 is no limit (default)")
  int requestsPerMinute;

  @Option(names = "--writer-parallel", order = 807, paramLabel = "N", defaultValue = "4",
      description = "texts written at a time (default: ${DEFAULT-VALUE})")
  int parallel;

  @Option(names = "--writer-retries", order = 808, paramLabel = "N", defaultValue = "5",
      description = "how often a failed request is sent again (default: ${DEFAULT-VALUE})")
  int retries;

  @Option(names = "--writer-timeout", order = 809, paramLabel = "SECONDS", defaultValue = "120",
      description = "longest wait for an answer (default: ${DEFAULT-VALUE})")
  int timeout;

  @Option(names = "--writer-temperature", order = 810, paramLabel = "X", defaultValue = "0.7",
      description = "of the server's sampling (default: ${DEFAULT-VALUE})")
  double temperature;

  @Option(names = "--writer-max-tokens", order = 811, paramLabel = "N", defaultValue = "1024",
      description = "longest answer (default: ${DEFAULT-VALUE})")
  int maxTokens;

  @Spec(Spec.Target.MIXEE) CommandSpec spec;

  /** Whether a model is named. */
  boolean given() {
    return url != null || directory != null;
  }

  /**
   * The writer that the options name; wrong words if they name none, or two.
   *
   * @param out where the data go: the cache lies beside it unless an option says otherwise
   * @param engine opened only for a model folder; its owner closes it after the writer
   */
  FactWriter open(Path out, Supplier<Engine> engine, WriterStatistics statistics) {
    return open(out, engine, statistics, System.getenv());
  }

  FactWriter open(Path out, Supplier<Engine> engine, WriterStatistics statistics, Map<String, String> environment) {
    check();
    Optional<ChatOptions> server = url == null ? Optional.empty() : Optional.of(server(environment));
    Writer writer = server.<Writer>map(options -> new ChatWriter(options, statistics))
        .orElseGet(() -> ModelWriter.open(engine.get(), directory, statistics));
    Path folder = cache != null ? cache : out.resolveSibling(out.getFileName() + ".written");
    boolean file = !Files.exists(out) || Files.isRegularFile(out); // nothing is kept beside a pipe or /dev/null
    Writer kept = cache != null || file ? new CachedWriter(writer, folder, statistics) : writer;
    return new FactWriter(kept, FactWriter.ATTEMPTS, maxTokens, parallel, statistics);
  }

  private void check() {
    if (!given()) {
      throw wrongWords("--needle written needs a language model that writes: name a server with --writer-url and"
          + " --writer-model, or a model folder with --writer-dir");
    }
    if (url != null && directory != null) {
      throw wrongWords("expected either --writer-url or --writer-dir but found both");
    }
    if (url != null && (model == null || model.isBlank())) {
      throw wrongWords("--writer-url needs --writer-model with the name of the server's model");
    }
    least("--writer-requests-per-minute", requestsPerMinute, 0);
    least("--writer-parallel", parallel, 1);
    least("--writer-retries", retries, 0);
    least("--writer-timeout", timeout, 1);
    least("--writer-max-tokens", maxTokens, 1);
    if (!(temperature >= 0 && temperature <= 2)) {
      throw wrongWords("--writer-temperature expected 0 to 2 but found " + temperature);
    }
  }

  private ChatOptions server(Map<String, String> environment) {
    URI address;
    try {
      address = ChatOptions.parseUrl(url);
    } catch (LodestoneException e) {
      throw wrongWords("--writer-url: " + e.getMessage());
    }
    return new ChatOptions(address, model, environment.getOrDefault(keyName, ""), keyName, temperature,
        Duration.ofSeconds(timeout), retries, requestsPerMinute);
  }

  private void least(String option, int found, int least) {
    if (found < least) {
      throw wrongWords(option + " expected " + least + " or more but found " + found);
    }
  }

  private ParameterException wrongWords(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }
}
