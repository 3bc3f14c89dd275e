package dev.lodestone.lab.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.MemoryPlan;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Trainer;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.io.Sha256;
import dev.lodestone.lab.detect.RetrievalHeads;
import dev.lodestone.lab.eval.Evaluation;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.metrics.Metric;
import dev.lodestone.metrics.Prediction;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Answers and heads of the weights as they are between two steps: {@code eval/step_N.jsonl} with each answer,
 * {@code eval/step_N.json} with the means, {@code heads/step_N.json} with the scores of heads, and the curves
 * {@code eval/eval.csv} and {@code heads/heads.csv}. The run does not notice: its checkpoints have the same bytes.
 * Mode lora keeps its adapters beside the model, so there the merged model is written to the disk and read back.
 */
final class LiveChecks implements AutoCloseable {
  private static final int MAX_NEW_TOKENS = RetrievalHeads.Options.MAX_NEW_TOKENS;
  private static final double RETRIEVES = 0.1; // Wu et al. 2024, section 2
  private static final int TOP = 10;

  private final TrainConfig config;
  private final CheckPlan plan;
  private final ModelFolder source;
  private final ModelSamples eval; // null for none
  private final ModelSamples heads;
  private final String headsHash;

  private LiveChecks(TrainConfig config, ModelFolder source, ModelSamples eval, ModelSamples heads) {
    this.config = config;
    this.plan = config.checks();
    this.source = source;
    this.eval = eval;
    this.heads = heads;
    headsHash = heads == null ? null : Sha256.of(plan.headsData());
  }

  /** Reads the samples and sees that they serve, before the long work. */
  static LiveChecks open(TrainConfig config, ModelFolder source) {
    ModelSamples eval = read(config.checks().evalData(), config, source);
    ModelSamples heads = null;
    try {
      heads = read(config.checks().headsData(), config, source);
      if (eval != null) {
        requireTexts(eval, config.checks().evalData(), source);
      }
      if (heads != null) {
        RetrievalHeads.prepare(heads.samples(), EnumSet.of(config.checks().detector()), heads.tokenizer());
      }
      return new LiveChecks(config, source, eval, heads);
    } catch (RuntimeException e) {
      close(eval, heads);
      throw e;
    }
  }

  private static ModelSamples read(Path file, TrainConfig config, ModelFolder source) {
    return file == null ? null : ModelSamples.read(source, file, Samples.Format.AUTO, config.addSpecialTokens());
  }

  private static void requireTexts(ModelSamples eval, Path file, ModelFolder source) {
    eval.requireTokenizer(source);
    if (eval.samples().stream().map(TokenSample::text).anyMatch(Objects::isNull)) {
      throw new LodestoneException(file + ": expected text samples, whose answers can be compared, but found tokens");
    }
    var evaluation = evaluation(eval);
    eval.samples().forEach(sample -> evaluation.check(sample.text()));
  }

  private static Evaluation evaluation(ModelSamples eval) {
    return new Evaluation(Metric.usual(eval.samples().get(0).text().task()));
  }

  /** Bytes that it takes beside a step: the cache of one sample, in mode lora the merged model too; 0 for none. */
  long bytes(Engine engine, ModelConfig model) {
    int longest = Stream.of(eval, heads).filter(Objects::nonNull).flatMap(s -> s.samples().stream())
        .mapToInt(s -> s.tokens().length).max().orElse(0);
    if (longest == 0) {
      return 0;
    }
    MemoryPlan reading = MemoryPlan.of(engine, model, Mode.INFERENCE, longest, 1, longest + MAX_NEW_TOKENS);
    return reading.total() - (config.mode() instanceof Mode.Lora ? 0 : reading.parameters());
  }

  /** Looks at the weights after {@code step} where the plan says so; what was found, by name. */
  Map<String, Double> run(long step, Model model, Trainer trainer) throws IOException {
    var found = new LinkedHashMap<String, Double>();
    if (!plan.evaluates(step, config.steps()) && !plan.detects(step, config.steps())) {
      return found;
    }
    if (config.mode() instanceof Mode.Lora) { // the model does not hold what is trained
      Path merged = config.out().resolve(".merged.tmp-" + ProcessHandle.current().pid());
      try {
        trainer.save(Files.createDirectories(merged), Map.of());
        try (Model live = Model.load(model.engine(), merged)) {
          look(step, live, found);
        }
      } finally {
        Durable.delete(merged);
      }
    } else {
      look(step, model, found);
    }
    return found;
  }

  private void look(long step, Model live, Map<String, Double> found) throws IOException {
    if (plan.evaluates(step, config.steps())) {
      add("eval", step, evaluate(step, live), found);
    }
    if (plan.detects(step, config.steps())) {
      add("heads", step, detect(step, live), found);
    }
  }

  private void add(String kind, long step, Map<String, Double> values, Map<String, Double> found) throws IOException {
    Curve.add(file(kind, kind + ".csv"), step, values);
    values.forEach((name, value) -> found.put(kind + "/" + name, value));
  }

  private Path file(String folder, String name) {
    return config.out().resolve(folder).resolve(name);
  }

  private Map<String, Double> evaluate(long step, Model live) throws IOException {
    long began = System.nanoTime();
    var evaluation = evaluation(eval);
    Path out = file("eval", "step_%08d.jsonl".formatted(step));
    List<String> predicted = Evaluation.predict(live, eval.tokenizer(), eval.samples(), decoding(eval), done -> {});
    try (var lines = AtomicOutput.open(out)) {
      for (int i = 0; i < predicted.size(); i++) {
        Sample sample = eval.samples().get(i).text();
        lines.writer().write(evaluation.add(sample, Prediction.of(predicted.get(i))).toJson() + "\n");
      }
      lines.commit();
    }
    ObjectNode summary = Json.mapper().createObjectNode().put("step", step).put("data", plan.evalData().toString())
        .put("samples", evaluation.samples()).put("seconds", (System.nanoTime() - began) * 1e-9);
    var means = new LinkedHashMap<String, Double>();
    evaluation.means().forEach((metric, mean) -> {
      summary.put(metric.id(), mean);
      means.put(metric.id(), mean);
    });
    Json.writeFile(file("eval", "step_%08d.json".formatted(step)), summary);
    return means;
  }

  /** Where no trial was answered there is nothing to score heads on, and no file of scores. */
  private Map<String, Double> detect(long step, Model live) {
    var options = new RetrievalHeads.Options(decoding(heads), RetrievalHeads.Options.THRESHOLD, heads.tokenizer());
    Map<String, Object> meta = new LinkedHashMap<>();
    meta.put("model", config.model().toAbsolutePath().normalize().getFileName().toString());
    meta.put("step", step);
    meta.put("data", plan.headsData().getFileName().toString());
    meta.put("data_sha256", headsHash);
    meta.put("seed", config.seed());
    meta.put("versions", Map.of("engine", Engine.version()));
    HeadScores scores = RetrievalHeads.detect(live, heads.samples(), EnumSet.of(plan.detector()), options, meta,
        done -> {}).scores().get(plan.detector());
    if (scores.trials() > 0) {
      ScoreFile.write(scores, file("heads", "step_%08d.json".formatted(step)), ScoreFile.Style.LODESTONE);
    }
    var values = new LinkedHashMap<String, Double>();
    values.put("trials", (double) heads.samples().size());
    values.put("passed", (double) scores.trials());
    values.put("above_0.1", (double) scores.above(RETRIEVES));
    values.put("highest", scores.top(1).get(0).mean());
    values.put("mean_of_top_10", scores.top(TOP).stream().mapToDouble(HeadScores.Ranked::mean).average().orElseThrow());
    return values;
  }

  private GreedyDecoder.Options decoding(ModelSamples samples) {
    return GreedyDecoder.Options.of(MAX_NEW_TOKENS, samples.stopTokens(source));
  }

  private static void close(ModelSamples... all) {
    Stream.of(all).filter(Objects::nonNull).forEach(ModelSamples::close);
  }

  @Override
  public void close() {
    close(eval, heads);
  }
}
