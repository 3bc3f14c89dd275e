package dev.lodestone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import dev.lodestone.lab.eval.Evaluation;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.metrics.Metric;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone eval}: a model's answers and their scores. */
@Command(name = "eval", description = {
    "Answers samples greedily and scores the answers; or scores existing predictions (--predictions), without a model.",
    "Writes one object a sample, in the order of the data: id, prediction, every metric by its name."})
final class EvalCommand extends BaseCommand {
  @Option(names = "--model", paramLabel = "DIR", description = "model folder")
  Path model;

  @Option(names = "--data", paramLabel = "FILE", required = true, description = "samples, .jsonl or .jsonl.gz")
  Path data;

  @Option(names = "--format", paramLabel = "NAME", defaultValue = "auto",
      description = "of the data: auto, lodestone, mdqa, kv, musique (default: ${DEFAULT-VALUE})")
  Samples.Format format;

  @Option(names = "--metric", paramLabel = "NAME", split = ",", defaultValue = "best_subspan_em,em,f1",
      description = "best_subspan_em, em, f1, rouge1_recall, kv_accuracy (default: ${DEFAULT-VALUE})")
  List<String> metrics;

  @Option(names = "--max-new-tokens", paramLabel = "N", defaultValue = "50",
      description = "longest answer (default: ${DEFAULT-VALUE})")
  int maxNewTokens;

  @Option(names = "--predictions", paramLabel = "FILE",
      description = "existing predictions: {\"id\", \"prediction\"} a line")
  Path predictions;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "results, .jsonl or .jsonl.gz")
  Path out;

  @Option(names = "--sequences", paramLabel = "N", defaultValue = "8",
      description = "samples decoded together; fewer where memory is short (default: ${DEFAULT-VALUE})")
  int sequences;

  @Option(names = "--add-special-tokens", description = "with the tokenizer's special tokens around the prompt")
  boolean addSpecialTokens;

  @Override
  protected void run() throws Exception {
    if ((model == null) == (predictions == null)) {
      throw wrongWords("expected either --model, or --predictions to score, but found "
          + (model == null ? "neither" : "both"));
    }
    if (maxNewTokens < 1 || sequences < 1) {
      throw wrongWords("--max-new-tokens and --sequences expected 1 or more but found " + maxNewTokens + " and "
          + sequences);
    }
    List<Metric> wanted = metrics();
    OutputPath.check(out);
    long start = System.nanoTime();
    List<Evaluation.Row> rows = predictions == null ? answer(wanted) : scoreExisting(wanted);
    write(rows);
    report(rows, wanted, (System.nanoTime() - start) * 1e-9);
  }

  private List<Metric> metrics() {
    try {
      return List.copyOf(new LinkedHashSet<>(metrics.stream().map(name -> Metric.parse(name.strip())).toList()));
    } catch (LodestoneException e) {
      throw wrongWords(e.getMessage());
    }
  }

  private List<Evaluation.Row> answer(List<Metric> wanted) {
    try (ModelFolder folder = ModelFolder.open(model)) {
      folder.check();
      try (var input = ModelSamples.read(folder, data, format, addSpecialTokens)) {
        List<Sample> texts = input.samples().stream().map(TokenSample::text).toList();
        if (texts.stream().anyMatch(Objects::isNull)) {
          throw new LodestoneException(data
              + ": expected text samples, whose answers can be compared, but found tokens");
        }
        Evaluation.checkAnswers(texts);
        var options = new GreedyDecoder.Options(maxNewTokens, input.stopTokens(folder), sequences);
        var tokenizer = input.requireTokenizer(folder);
        try (Engine engine = common.openEngine(); Model loaded = Model.load(engine, folder);
            Progress progress = progress("answers", texts.size())) {
          List<String> predicted = Evaluation.predict(
              loaded, tokenizer, input.samples(), options, done -> progress.update(done, ""));
          return Evaluation.score(texts, predicted, wanted);
        }
      }
    }
  }

  private List<Evaluation.Row> scoreExisting(List<Metric> wanted) {
    List<Sample> samples = Samples.readText(data, format);
    Evaluation.checkAnswers(samples);
    Map<String, String> byId = new HashMap<>();
    Lines.forEach(predictions, (number, text) -> {
      if (text.isBlank()) {
        return;
      }
      String where = predictions + " line " + number;
      JsonNode line = Json.parse(text, where);
      if (!line.path("id").isTextual() || !line.path("prediction").isTextual()) {
        throw new LodestoneException(where + ": expected an object with the texts id and prediction");
      }
      if (byId.put(line.get("id").asText(), line.get("prediction").asText()) != null) {
        throw new LodestoneException(where + ": id " + line.get("id") + " comes twice");
      }
    });
    List<String> predicted = new ArrayList<>();
    for (Sample sample : samples) {
      String prediction = byId.get(sample.id());
      if (prediction == null) {
        throw new LodestoneException(predictions + ": expected a prediction for sample " + sample.id()
            + " but found none");
      }
      predicted.add(prediction);
    }
    return Evaluation.score(samples, predicted, wanted);
  }

  private void write(List<Evaluation.Row> rows) throws IOException {
    try (var file = AtomicOutput.open(out)) {
      for (Evaluation.Row row : rows) {
        ObjectNode line = Json.mapper().createObjectNode().put("id", row.id()).put("prediction", row.prediction());
        row.scores().forEach((metric, score) -> line.put(metric.id(), score));
        file.writer().write(line + "\n");
      }
      file.commit();
    }
  }

  private void report(List<Evaluation.Row> rows, List<Metric> wanted, double seconds) {
    ObjectNode json = Json.mapper().createObjectNode().put("out", out.toString()).put("samples", rows.size())
        .put("seconds", seconds);
    List<String> lines = new ArrayList<>();
    lines.add("%s: %,d samples in %.1f s".formatted(out, rows.size(), seconds));
    for (Metric metric : wanted) {
      json.put(metric.id(), Evaluation.mean(rows, metric));
      lines.add("  %s %.4f".formatted(metric, Evaluation.mean(rows, metric)));
    }
    json.set("configuration", configuration());
    summary(json, lines.toArray(String[]::new));
  }
}
