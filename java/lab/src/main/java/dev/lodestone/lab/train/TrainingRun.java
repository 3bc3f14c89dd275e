package dev.lodestone.lab.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.MemoryPlan;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.TrainOptions;
import dev.lodestone.engine.Trainer;
import dev.lodestone.io.Json;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A run folder from a model, samples and a configuration: what comes before the steps of {@link TrainingLoop}. */
public final class TrainingRun {
  private final Engine engine;
  private final TrainConfig config;
  private final TrainListener listener;
  private final ModelFolder source;
  private final List<TrainSample> samples;

  private TrainingRun(Engine engine, TrainConfig config, TrainListener listener, ModelFolder source) {
    this.engine = engine;
    this.config = config;
    this.listener = listener;
    this.source = source;
    this.samples = TrainData.read(source, config.data(), config.addSpecialTokens());
  }

  /**
   * Trains and returns the last checkpoint. A file {@code stop} in the run's folder ends it early: the step's
   * checkpoint is written, and the file deleted.
   *
   * @param resume go on after the last finished checkpoint of {@code config.out()}, with the same bits as if the run had
   *     never stopped; without one, start over. Without resume the folder must be new or empty
   * @throws LodestoneException the input is wrong, the memory does not suffice, the run was started differently, or the
   *     loss diverges or is not finite (finished checkpoints stay)
   * @throws IOException a file cannot be read or written
   */
  public static Checkpoint run(Engine engine, TrainConfig config, boolean resume, TrainListener listener)
      throws IOException {
    if (!resume && !Durable.list(config.out()).isEmpty()) {
      throw new LodestoneException(config.out() + " is not empty: add --resume to go on with the run in it, or name"
          + " another --out");
    }
    try (ModelFolder source = ModelFolder.open(config.model())) {
      return new TrainingRun(engine, resolve(config, source.config()), listener, source).run();
    }
  }

  /** Fills in the lengths that were left open. */
  private static TrainConfig resolve(TrainConfig c, ModelConfig model) {
    int context = c.contextLength() > 0 ? c.contextLength() : model.maxPositions();
    int batch = c.batchTokens() > 0 ? c.batchTokens() : context;
    int micro = c.microBatchTokens() > 0 ? Math.min(batch, c.microBatchTokens()) : batch;
    return new TrainConfig(c.model(), c.data(), c.out(), c.mode(), context, c.rope(), c.ropeOverride(), c.steps(),
        batch, micro, c.learningRate(), c.beta1(), c.beta2(), c.eps(), c.weightDecay(), c.clip(), c.schedule(),
        c.warmup(), c.noDecayNorm(), c.noDecayBias(), c.saveEvery(), c.keepLast(), c.addSpecialTokens(),
        c.deterministic(), c.seed(), c.checks());
  }

  private Checkpoint run() throws IOException {
    ModelConfig before = source.config();
    ModelConfig target = RopeChange.extend(before, config.rope(), config.ropeOverride(), config.contextLength());
    var packing = new Packing(samples, config.contextLength(), config.batchTokens(), config.microBatchTokens(),
        config.seed());
    var recompute = RecomputePolicy.fitting(engine, target, config.mode(), config.microBatchTokens(),
        config.deterministic());
    try (LiveChecks checks = LiveChecks.open(config, source)) {
      long beside = checks.bytes(engine, target);
      requireMemory(recompute.plan(), beside);
      var costs = ModeCost.of(engine, target, config.mode(), recompute.plan(), config.microBatchTokens(),
          config.deterministic());
      Optional<Checkpoint> start = prepareFolder();
      long from = start.map(Checkpoint::step).orElse(0L);
      listener.started(new RunPlan(samples.size(), samples.stream().mapToLong(s -> s.tokens().length).sum(), from,
          RopePlan.lines(before, target, config.contextLength()), recompute, costs, beside));
      if (from >= config.steps()) {
        return start.orElseThrow();
      }
      try (Model model = load(target, start); Trainer trainer = Trainer.open(model, options(recompute))) {
        if (start.isPresent()) {
          start.get().restore(trainer);
        }
        var flops = ModelFlops.of(engine, target, recompute.plan().trained());
        return new TrainingLoop(config, listener, source, model, trainer, packing, checks, flops).run(from);
      }
    }
  }

  private Model load(ModelConfig target, Optional<Checkpoint> start) {
    // What mode lora trains lies beside the model, and comes back from the trainer's state.
    if (start.isEmpty() || config.mode() instanceof Mode.Lora) {
      return Model.load(engine, source, target);
    }
    return Model.load(engine, start.get().folder());
  }

  private TrainOptions options(RecomputePolicy recompute) {
    return new TrainOptions(config.mode(), config.beta1(), config.beta2(), config.eps(), config.weightDecay(),
        config.clip(), config.noDecayNorm(), config.noDecayBias(), config.microBatchTokens(), recompute.layers(),
        config.deterministic());
  }

  /** Makes the folder ready and says where to start; writes run.json for a fresh start. */
  private Optional<Checkpoint> prepareFolder() throws IOException {
    Path run = config.out();
    Path file = run.resolve(RunRecord.FILE);
    ObjectNode record = RunRecord.of(config, engine);
    Files.createDirectories(run);
    Checkpoint.sweep(run);
    Optional<Checkpoint> last = Checkpoint.last(run);
    if (last.isEmpty()) {
      Json.writeFile(file, record);
    } else {
      RunRecord.requireSame(file, Json.readFile(file), record);
    }
    return last;
  }

  private void requireMemory(MemoryPlan plan, long beside) {
    if (plan.fits() && plan.total() + beside > plan.available()) {
      throw new LodestoneException("training needs %s, and --eval-data and --heads-data %s more, but %s are free: try"
          .formatted(MemoryText.of(plan.total()), MemoryText.of(beside), MemoryText.of(plan.available()))
          + " shorter samples for them, or none");
    }
    if (!plan.fits()) {
      throw new LodestoneException("training needs %s but %s are free: activations and workspace take %s of it, so try"
          .formatted(MemoryText.of(plan.total()), MemoryText.of(plan.available()),
              MemoryText.of(plan.activations() + plan.workspace()))
          + " a lower --micro-batch-tokens (now %,d) or --context-length, or --mode attention or lora"
          .formatted(config.microBatchTokens()));
    }
  }
}
