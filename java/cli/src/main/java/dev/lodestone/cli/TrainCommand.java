package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.io.Json;
import dev.lodestone.lab.train.Checkpoint;
import dev.lodestone.lab.train.RopeChange;
import dev.lodestone.lab.train.RunPlan;
import dev.lodestone.lab.train.Schedule;
import dev.lodestone.lab.train.StepReport;
import dev.lodestone.lab.train.TrainConfig;
import dev.lodestone.lab.train.TrainListener;
import dev.lodestone.lab.train.TrainingRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lodestone train}: fine-tuning on samples, into a run folder. */
@Command(name = "train", description = {
    "Fine-tunes a model on text or token samples (JSONL).",
    "Text samples are learned on the first answer and the end token; token samples where their labels say, or everywhere"
        + " without labels. A step takes whole samples, in a seeded order, up to --batch-tokens; its loss is the mean over"
        + " the labelled tokens, each times the sample's \"weight\" (in the sample or its meta; 1 without)."})
final class TrainCommand extends BaseCommand {
  @Option(names = "--model", paramLabel = "DIR", required = true, description = "model folder to start from")
  Path model;

  @Option(names = "--data", paramLabel = "FILE", required = true, description = "samples, .jsonl or .jsonl.gz")
  Path data;

  @Option(names = "--out", paramLabel = "RUN", required = true, description = "run folder: run.json, metrics.jsonl,"
      + " events for TensorBoard, step_NNNNNNNN/ with a whole model folder, state.bin and DONE. A file RUN/stop ends"
      + " the run after the current step with a checkpoint")
  Path out;

  @Mixin ModeOptions mode;

  @Option(names = "--context-length", paramLabel = "N", defaultValue = "0",
      description = "longest document in tokens; also the model's new length where it is shorter (default: the model's)")
  int contextLength;

  @Option(names = "--rope", paramLabel = "KIND=X", description = "rotary positions for a longer context: theta=1e6 (new"
      + " base), linear=4 (positions divided), ntk=4 (base times 4^(d/(d-2))), yarn=4 or llama3=4")
  String rope;

  @Option(names = "--rope-override", description = "--rope may change a model that has a scaling of its own: theta and"
      + " ntk the base under it, the others take its place")
  boolean ropeOverride;

  @Option(names = "--steps", paramLabel = "N", required = true, description = "optimizer steps")
  long steps;

  @Option(names = "--batch-tokens", paramLabel = "N", defaultValue = "0",
      description = "most tokens of a step (default: the context length)")
  int batchTokens;

  @Option(names = "--micro-batch-tokens", paramLabel = "N", defaultValue = "0",
      description = "most tokens that pass through the model at once; less memory, same step (default: the whole step)")
  int microBatchTokens;

  @Option(names = "--lr", paramLabel = "X", defaultValue = "2e-5",
      description = "peak learning rate (default: ${DEFAULT-VALUE})")
  double learningRate;

  @Option(names = "--betas", paramLabel = "A,B", split = ",", defaultValue = "0.9,0.95",
      description = "AdamW (default: ${DEFAULT-VALUE})")
  List<Double> betas;

  @Option(names = "--eps", paramLabel = "X", defaultValue = "1e-8", description = "AdamW (default: ${DEFAULT-VALUE})")
  double eps;

  @Option(names = "--weight-decay", paramLabel = "X", defaultValue = "0",
      description = "AdamW, decoupled (default: ${DEFAULT-VALUE})")
  double weightDecay;

  @Option(names = "--no-decay-on", paramLabel = "KIND", split = ",",
      description = "norm, bias: parameters that do not decay")
  List<String> noDecayOn = List.of();

  @Option(names = "--clip", paramLabel = "X", defaultValue = "1",
      description = "largest global norm of the gradient; 0 is no clipping (default: ${DEFAULT-VALUE})")
  double clip;

  @Option(names = "--schedule", paramLabel = "NAME", defaultValue = "cosine",
      description = "constant, cosine or linear (default: ${DEFAULT-VALUE})")
  String schedule;

  @Option(names = "--warmup", paramLabel = "N", defaultValue = "0",
      description = "steps of linear warm-up (default: ${DEFAULT-VALUE})")
  long warmup;

  @Option(names = "--save-every", paramLabel = "N", defaultValue = "100",
      description = "steps between checkpoints; 0 is the last only (default: ${DEFAULT-VALUE})")
  long saveEvery;

  @Option(names = "--keep-last", paramLabel = "N", defaultValue = "0",
      description = "delete all but the newest N checkpoints; 0 keeps all (default)")
  int keepLast;

  @Mixin CheckOptions checks;

  @Option(names = "--add-special-tokens", description = "text samples: with the tokenizer's special tokens")
  boolean addSpecialTokens;

  @Option(names = "--no-deterministic", description = "on a GPU attention's gradients are added up in any order: faster,"
      + " but a second run or --resume does not end in the same bits")
  boolean noDeterministic;

  @Option(names = "--resume", description = "go on after the last finished checkpoint, to the bit")
  boolean resume;

  @Override
  protected void run() throws Exception {
    TrainConfig config = config();
    try (Engine engine = common.openEngine(); Progress progress = progress("train", steps)) {
      var listener = new Log(progress);
      Checkpoint last = TrainingRun.run(engine, config, resume, listener);
      ObjectNode json = Json.mapper().createObjectNode().put("checkpoint", last.folder().toString())
          .put("steps", last.step());
      boolean stopped = last.step() < steps;
      json.put("stopped", stopped);
      String trained = "already done";
      if (listener.last != null) {
        json.put("loss", listener.last.loss()).put("first_loss", listener.firstLoss);
        trained = "loss %.4f -> %.4f".formatted(listener.firstLoss, listener.last.loss());
      }
      summary(json, "%s: %d steps, %s%s".formatted(last.folder(), last.step(), trained,
          stopped ? "; stopped by " + out.resolve("stop") + ", --resume goes on" : ""));
    }
  }

  private TrainConfig config() {
    if (betas.size() != 2) {
      throw wrongWords("--betas expected two numbers such as 0.9,0.95 but found " + betas);
    }
    for (String kind : noDecayOn) {
      if (!kind.equals("norm") && !kind.equals("bias")) {
        throw wrongWords("--no-decay-on expected norm, bias or both but found '" + kind + "'");
      }
    }
    Mode trained = mode.parse(this, model);
    try {
      return TrainConfig.builder(model, data, out)
          .mode(trained)
          .contextLength(contextLength)
          .rope(rope == null ? null : RopeChange.parse(rope))
          .ropeOverride(ropeOverride)
          .steps(steps)
          .batchTokens(batchTokens)
          .microBatchTokens(microBatchTokens)
          .learningRate(learningRate)
          .betas(betas.get(0), betas.get(1))
          .eps(eps)
          .weightDecay(weightDecay)
          .clip(clip)
          .schedule(Schedule.Shape.parse(schedule), warmup)
          .noDecay(noDecayOn.contains("norm"), noDecayOn.contains("bias"))
          .save(saveEvery, keepLast)
          .addSpecialTokens(addSpecialTokens)
          .deterministic(!noDeterministic)
          .seed(common.seed)
          .checks(checks.parse())
          .build();
    } catch (LodestoneException e) {
      throw wrongWords(e.getMessage());
    }
  }

  /** Log lines: every step at first, then about one a second. */
  private static final class Log implements TrainListener {
    private static final long EVERY = 1_000_000_000L;

    private final Progress progress;
    private long shown;
    private double firstLoss = Double.NaN;
    private StepReport last;

    Log(Progress progress) {
      this.progress = progress;
    }

    @Override
    public void started(RunPlan plan) {
      plan.lines().forEach(progress::log);
    }

    @Override
    public void stepped(StepReport report) {
      if (last == null) {
        firstLoss = report.loss();
      }
      boolean first = last == null || report.step() <= 10;
      last = report;
      if (first || report.step() == report.steps() || System.nanoTime() - shown >= EVERY) {
        shown = System.nanoTime();
        progress.log(report.toString());
      }
      progress.bar(report.step());
    }

    @Override
    public void checked(long step, Map<String, Double> found) {
      progress.log(found.entrySet().stream().map(e -> "%s %.4g".formatted(e.getKey(), e.getValue()))
          .collect(Collectors.joining(" | ", "after step " + step + ": ", "")));
    }

    @Override
    public void saved(Checkpoint checkpoint) {
      progress.log("saved " + checkpoint.folder());
    }
  }
}
