package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.PromptTemplate;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.data.SummHayJudgement;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.lab.eval.Evaluation;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.lab.eval.Predictions;
import dev.lodestone.metrics.Metric;
import dev.lodestone.metrics.Prediction;
import dev.lodestone.metrics.SummHay;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone eval}: a model's answers and their scores. */
@Command(name = "eval", description = {
    "Answers samples greedily and scores the answers; or scores existing predictions or summaries, without a model.",
    "Writes one object a sample, in the order of the data: id, prediction, every metric by its name."})
final class EvalCommand extends BaseCommand {
  @Option(names = "--model", paramLabel = "DIR", description = "model folder")
  Path model;

  @Option(names = "--data", paramLabel = "FILE", required = true, description = "samples, .jsonl or .jsonl.gz")
  Path data;

  @Option(names = "--format", paramLabel = "NAME", defaultValue = "auto",
      description = "of the data: auto, lodestone, or the originals' mdqa, kv, musique, hotpot (2WikiMultihopQA too),"
          + " summhay (a whole topic, or one a line; a sample an insight) (default: ${DEFAULT-VALUE})")
  Samples.Format format;

  @Option(names = "--prompt-template", paramLabel = "FILE",
      description = "wording in place of the published one for mdqa, musique, hotpot and summhay: the form of a"
          + " document with {index}, {title}, {text}; a line ---; the prompt with {documents}, {question}, {count},"
          + " {topic}")
  Path promptTemplate;

  @Option(names = "--metric", paramLabel = "NAME", split = ",", completionCandidates = MetricNames.class,
      description = "${COMPLETION-CANDIDATES} (default: what is usual for the task of the data)")
  List<String> metrics = List.of();

  @Option(names = "--max-new-tokens", paramLabel = "N", defaultValue = "50",
      description = "longest answer (default: ${DEFAULT-VALUE})")
  int maxNewTokens;

  @Option(names = "--predictions", paramLabel = "FILE",
      description = "existing predictions: {\"id\", \"prediction\"} a line, or MuSiQue's own form")
  Path predictions;

  @Option(names = "--summaries", paramLabel = "NAME",
      description = "score the summaries of this name, such as gpt-4o, in a topic file of Summary of a Haystack by the"
          + " judgements that it holds")
  String summaries;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "results, .jsonl or .jsonl.gz")
  Path out;

  @Option(names = "--sequences", paramLabel = "N", defaultValue = "8",
      description = "samples decoded together; fewer where memory is short (default: ${DEFAULT-VALUE})")
  int sequences;

  @Option(names = "--add-special-tokens", description = "with the tokenizer's special tokens around the prompt")
  boolean addSpecialTokens;

  @Override
  protected void run() throws Exception {
    long given = Stream.of(model, predictions, summaries).filter(Objects::nonNull).count();
    if (given != 1) {
      throw wrongWords("expected one of --model, or --predictions or --summaries to score, but found "
          + (given == 0 ? "none" : "several"));
    }
    if (maxNewTokens < 1 || sequences < 1) {
      throw wrongWords("--max-new-tokens and --sequences expected 1 or more but found " + maxNewTokens + " and "
          + sequences);
    }
    List<Metric> wanted = metrics();
    OutputPath.check(out);
    if (summaries != null) {
      scoreSummaries();
      return;
    }
    PromptTemplate template = promptTemplate == null ? null : PromptTemplate.read(promptTemplate);
    long start = System.nanoTime();
    var json = Json.mapper().createObjectNode().put("out", out.toString());
    Evaluation evaluation =
        predictions == null ? answer(wanted, template) : scoreExisting(wanted, template, json);
    report(evaluation, json, (System.nanoTime() - start) * 1e-9);
  }

  private List<Metric> metrics() {
    try {
      return metrics.stream().map(name -> Metric.parse(name.strip())).distinct().toList();
    } catch (LodestoneException e) {
      throw wrongWords(e.getMessage());
    }
  }

  private static Evaluation evaluation(List<Metric> wanted, Sample first) {
    return new Evaluation(wanted.isEmpty() ? Metric.usual(first.task()) : wanted);
  }

  private Evaluation answer(List<Metric> wanted, PromptTemplate template) throws IOException {
    try (ModelFolder folder = ModelFolder.open(model)) {
      folder.check();
      try (var input = ModelSamples.read(folder, data, format, template, addSpecialTokens)) {
        List<Sample> texts = input.samples().stream().map(TokenSample::text).toList();
        if (texts.stream().anyMatch(Objects::isNull)) {
          throw new LodestoneException(data
              + ": expected text samples, whose answers can be compared, but found tokens");
        }
        Evaluation evaluation = evaluation(wanted, texts.get(0));
        texts.forEach(evaluation::check); // before the long work
        var options = new GreedyDecoder.Options(maxNewTokens, input.stopTokens(folder), sequences);
        var tokenizer = input.requireTokenizer(folder);
        try (Engine engine = common.openEngine(); Model loaded = Model.load(engine, folder);
            Progress progress = progress("answers", texts.size()); var file = AtomicOutput.open(out)) {
          List<String> predicted = Evaluation.predict(
              loaded, tokenizer, input.samples(), options, done -> progress.update(done, ""));
          for (int i = 0; i < texts.size(); i++) {
            write(file, evaluation.add(texts.get(i), Prediction.of(predicted.get(i))));
          }
          file.commit();
        }
        return evaluation;
      }
    }
  }

  /** Sample by sample, so that files of any size need little memory. */
  private Evaluation scoreExisting(List<Metric> wanted, PromptTemplate template, ObjectNode json) throws IOException {
    try (var samples = Samples.streamText(data, format, template); var predicted = Predictions.open(predictions);
        var file = AtomicOutput.open(out)) {
      Evaluation evaluation = null;
      for (Iterator<Sample> it = samples.iterator(); it.hasNext(); ) {
        Sample sample = it.next();
        evaluation = evaluation == null ? evaluation(wanted, sample) : evaluation;
        write(file, evaluation.add(sample, predicted.take(sample.id())));
      }
      json.put("unused_predictions", predicted.unused());
      file.commit();
      return evaluation;
    }
  }

  /** A line an insight, and the topic's scores. */
  private void scoreSummaries() throws IOException {
    var topic = new SummHay();
    List<SummHayJudgement> judgements = SummHayJudgement.read(data, summaries);
    try (var file = AtomicOutput.open(out)) {
      for (var judged : judgements) {
        var score = topic.add(SummHay.Coverage.parse(judged.coverage()), judged.bullets(), judged.bulletId(),
            judged.documents());
        var line = Json.mapper().createObjectNode().put("id", judged.id()).put("coverage", score.coverage());
        if (score.citations() != null) {
          line.put("citation_precision", score.citations().precision())
              .put("citation_recall", score.citations().recall()).put("citation_f1", score.citations().f1());
        }
        file.writer().write(line.put("joint", score.joint()) + "\n");
      }
      file.commit();
    }
    var scores = topic.scores();
    var json = Json.mapper().createObjectNode().put("out", out.toString()).put("insights", judgements.size())
        .put("coverage", scores.coverage()).put("citation_precision", scores.precision())
        .put("citation_recall", scores.recall()).put("citation_f1", scores.citation()).put("joint", scores.joint());
    json.set("configuration", configuration());
    summary(json, "%s: %,d insights, summaries of %s".formatted(out, judgements.size(), summaries),
        "  coverage %.4f, citation F1 of covered insights %.4f, joint %.4f".formatted(scores.coverage(),
            scores.citation(), scores.joint()));
  }

  private static void write(AtomicOutput file, Evaluation.Row row) throws IOException {
    file.writer().write(row.toJson() + "\n");
  }

  private void report(Evaluation evaluation, ObjectNode json, double seconds) {
    json.put("samples", evaluation.samples()).put("seconds", seconds);
    List<String> lines = new ArrayList<>();
    lines.add("%s: %,d samples in %.1f s".formatted(out, evaluation.samples(), seconds));
    evaluation.means().forEach((metric, mean) -> {
      json.put(metric.id(), mean);
      lines.add("  %s %.4f".formatted(metric, mean));
    });
    if (!evaluation.musique().isEmpty()) {
      evaluation.musique().forEach(json.putObject("musique")::put);
      lines.add("  as MuSiQue's own evaluation: " + evaluation.musique());
    }
    if (json.path("unused_predictions").asLong() > 0) {
      lines.add("  predictions without a sample, not used: %,d".formatted(json.get("unused_predictions").asLong()));
    }
    json.set("configuration", configuration());
    summary(json, lines.toArray(String[]::new));
  }

  /** For the help text. */
  static final class MetricNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    MetricNames() {
      super(Arrays.stream(Metric.values()).map(Metric::id).toList());
    }
  }
}
