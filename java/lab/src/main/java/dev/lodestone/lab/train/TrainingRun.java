package dev.lodestone.lab.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.GpuMonitor;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The training loop: a run folder from a model, samples and a configuration. */
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
   * Trains and returns the last checkpoint.
   *
   * @param resume go on after the last finished checkpoint of {@code config.out()}, with the same bits as if the run had
   *     never stopped; without one, start over. Without resume the folder must be new or empty
   * @throws LodestoneException the input is wrong, the memory does not suffice, the run was started differently, or the
   *     loss is not finite (finished checkpoints stay)
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
    return new TrainConfig(c.model(), c.data(), c.out(), c.mode(), context, c.rope(), c.steps(), batch, micro,
        c.learningRate(), c.beta1(), c.beta2(), c.eps(), c.weightDecay(), c.clip(), c.schedule(), c.warmup(),
        c.noDecayNorm(), c.noDecayBias(), c.saveEvery(), c.keepLast(), c.addSpecialTokens(),
        c.deterministic(), c.seed());
  }

  private Checkpoint run() throws IOException {
    ModelConfig target = RopeChange.extend(source.config(), config.rope(), config.contextLength());
    var packing = new Packing(samples, config.contextLength(), config.batchTokens(), config.microBatchTokens(),
        config.seed());
    var recompute = RecomputePolicy.fitting(engine, target, config.mode(), config.microBatchTokens(),
        config.deterministic());
    requireMemory(recompute.plan());
    var costs = ModeCost.of(engine, target, config.mode(), recompute.plan(), config.microBatchTokens(),
        config.deterministic());
    Optional<Checkpoint> start = prepareFolder();
    long from = start.map(Checkpoint::step).orElse(0L);
    listener.started(samples.size(), samples.stream().mapToLong(s -> s.tokens().length).sum(), from, recompute, costs);
    if (from >= config.steps()) {
      return start.orElseThrow();
    }
    try (Model model = load(target, start); Trainer trainer = Trainer.open(model, options(recompute))) {
      if (start.isPresent()) {
        start.get().restore(trainer);
      }
      return loop(model, trainer, packing, from);
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

  private Checkpoint loop(Model model, Trainer trainer, Packing packing, long from) throws IOException {
    Schedule schedule = config.learningRates();
    var statistics = new LossStatistics();
    var sensors = GpuMonitor.of(engine);
    for (long step = 1; step <= from; step++) {
      packing.nextStep();
    }
    Checkpoint last = null;
    try (var metrics = MetricsLog.open(config.out().resolve("metrics.jsonl"), from)) {
      for (long step = from + 1; step <= config.steps(); step++) {
        long began = System.nanoTime();
        double rate = schedule.at(step);
        List<Batch> batches = batches(packing.nextStep());
        var result = trainer.step(batches, rate);
        double seconds = (System.nanoTime() - began) * 1e-9;
        requireFinite(step, result);
        long tokens = batches.stream().mapToLong(b -> b.tokens().length).sum();
        var report = new StepReport(step, config.steps(), result.loss(), statistics.zScore(result.loss()),
            result.gradNorm(), rate, tokens, seconds, ProcessMemory.peakBytes(), sensors.sample());
        metrics.write(report);
        listener.stepped(report);
        if (step == config.steps() || config.saveEvery() > 0 && step % config.saveEvery() == 0) {
          last = Checkpoint.write(config.out(), step, model, config.mode(), trainer, source);
          Checkpoint.prune(config.out(), config.keepLast());
          listener.saved(last);
        }
      }
    }
    return last;
  }

  /** One batch for each run of samples that passes through the model at once. */
  private List<Batch> batches(List<TrainSample> step) {
    var batches = new ArrayList<Batch>();
    for (List<TrainSample> part : Packing.split(step, config.microBatchTokens())) {
      batches.add(batch(part));
    }
    return batches;
  }

  private static Batch batch(List<TrainSample> part) {
    int tokens = part.stream().mapToInt(s -> s.tokens().length).sum();
    int documents = part.stream().mapToInt(s -> s.lengths().length).sum();
    int[] ids = new int[tokens];
    int[] labels = new int[tokens];
    int[] starts = new int[documents + 1];
    int at = 0;
    int document = 0;
    for (TrainSample sample : part) {
      System.arraycopy(sample.tokens(), 0, ids, at, sample.tokens().length);
      System.arraycopy(sample.labels(), 0, labels, at, sample.labels().length);
      for (int length : sample.lengths()) {
        at += length;
        starts[++document] = at;
      }
    }
    return new Batch(ids, starts, labels, null);
  }

  private void requireFinite(long step, Trainer.StepResult result) throws IOException {
    if (!Double.isFinite(result.loss()) || !Double.isFinite(result.gradNorm())) {
      String kept = Checkpoint.last(config.out()).map(c -> "; the last checkpoint is " + c.folder()).orElse("");
      throw new LodestoneException("step %d: the loss is %s and the gradient norm %s, so training stopped%s. Try a lower"
          .formatted(step, result.loss(), result.gradNorm(), kept) + " --lr, a --warmup or --clip 1");
    }
  }

  private void requireMemory(MemoryPlan plan) {
    if (!plan.fits()) {
      throw new LodestoneException("training needs %s but %s are free: activations and workspace take %s of it, so try"
          .formatted(MemoryText.of(plan.total()), MemoryText.of(plan.available()),
              MemoryText.of(plan.activations() + plan.workspace()))
          + " a lower --micro-batch-tokens (now %,d) or --context-length, or --mode attention or lora"
          .formatted(config.microBatchTokens()));
    }
  }
}
