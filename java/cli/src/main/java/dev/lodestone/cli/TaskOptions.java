package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.PromptTemplate;
import dev.lodestone.data.Samples;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.lab.intervene.Task;
import dev.lodestone.metrics.Metric;
import dev.lodestone.model.ModelFolder;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The task whose score {@code knockout} and {@code patch} look at: the options of {@code eval}. */
final class TaskOptions {
  @Option(names = "--data", paramLabel = "FILE", required = true, description = "samples, .jsonl or .jsonl.gz")
  Path data;

  @Option(names = "--format", paramLabel = "NAME", defaultValue = "auto",
      description = "of the data, as in eval (default: ${DEFAULT-VALUE})")
  Samples.Format format;

  @Option(names = "--prompt-template", paramLabel = "FILE", description = "wording of published records, as in eval")
  Path promptTemplate;

  @Option(names = "--metric", paramLabel = "NAME", completionCandidates = EvalCommand.MetricNames.class,
      description = "${COMPLETION-CANDIDATES} (default: the first that is usual for the task of the data)")
  String metric;

  @Option(names = "--max-new-tokens", paramLabel = "N", defaultValue = "50",
      description = "longest answer (default: ${DEFAULT-VALUE})")
  int maxNewTokens;

  @Option(names = "--sequences", paramLabel = "N", defaultValue = "8",
      description = "samples decoded together; fewer where memory is short (default: ${DEFAULT-VALUE})")
  int sequences;

  @Option(names = "--add-special-tokens", description = "with the tokenizer's special tokens around the prompt")
  boolean addSpecialTokens;

  /** Wrong words are errors of the command. */
  void check(BaseCommand command) {
    if (maxNewTokens < 1 || sequences < 1) {
      throw command.wrongWords("--max-new-tokens and --sequences expected 1 or more but found " + maxNewTokens + " and "
          + sequences);
    }
    try {
      if (metric != null) {
        Metric.parse(metric);
      }
    } catch (LodestoneException e) {
      throw command.wrongWords(e.getMessage());
    }
  }

  /** The samples as tokens of the model; the caller closes them. */
  ModelSamples read(ModelFolder model) {
    PromptTemplate template = promptTemplate == null ? null : PromptTemplate.read(promptTemplate);
    return ModelSamples.read(model, data, format, template, addSpecialTokens);
  }

  /** The metric that was named, or what is usual for these samples. */
  Metric metric(ModelSamples input) {
    if (metric != null) {
      return Metric.parse(metric);
    }
    var text = input.samples().get(0).text();
    return Metric.usual(text == null ? "" : text.task()).get(0);
  }

  Task task(ModelFolder model, ModelSamples input) {
    var decoding = new GreedyDecoder.Options(maxNewTokens, input.stopTokens(model), sequences);
    return Task.of(input.samples(), input.requireTokenizer(model), metric(input), decoding);
  }
}
