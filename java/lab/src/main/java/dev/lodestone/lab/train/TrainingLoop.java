package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.GpuMonitor;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Trainer;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The steps of a run. After each: its line in the logs, what {@link LiveChecks} find, a checkpoint. All of a step that
 * comes before its checkpoint is on the disk when that is.
 */
final class TrainingLoop {
  /** A file of this name in the run's folder ends the run after the current step. */
  static final String STOP = "stop";
  private static final String METRICS = "metrics.jsonl";

  private final TrainConfig config;
  private final TrainListener listener;
  private final ModelFolder source;
  private final Model model;
  private final Trainer trainer;
  private final Packing packing;
  private final LiveChecks checks;
  private final ModelFlops flops;
  private final GpuMonitor sensors;
  private final Schedule schedule;
  private final RecentStatistics losses = new RecentStatistics();
  private final RecentStatistics norms = new RecentStatistics();
  private final Divergence divergence = new Divergence();
  private boolean pruned; // what --keep-last gives up is gone

  TrainingLoop(TrainConfig config, TrainListener listener, ModelFolder source, Model model, Trainer trainer,
      Packing packing, LiveChecks checks, ModelFlops flops) {
    this.config = config;
    this.listener = listener;
    this.source = source;
    this.model = model;
    this.trainer = trainer;
    this.packing = packing;
    this.checks = checks;
    this.flops = flops;
    this.sensors = GpuMonitor.of(model.engine());
    this.schedule = config.learningRates();
  }

  /** Trains from the state after step {@code from} to the last step, or to where it is stopped. */
  Checkpoint run(long from) throws IOException {
    Path run = config.out();
    for (long step = 1; step <= from; step++) {
      packing.nextStep();
    }
    try (var metrics = MetricsLog.open(run.resolve(METRICS), from);
        var board = TensorBoardLog.open(run, from)) {
      metrics.past().forEach(past -> {
        losses.zScore(past.loss());
        norms.zScore(past.gradNorm());
        divergence.add(past.loss());
      });
      if (from == 0) {
        check(0, board);
      }
      for (long step = from + 1; ; step++) {
        StepReport report = step(step);
        metrics.write(report);
        board.write(step, report.scalars());
        listener.stepped(report);
        requireNotLost(step);
        if (divergence.streak() == 0) { // the newest checkpoint is a good one: the others may go
          prune();
        }
        check(step, board);
        boolean stopped = Files.exists(run.resolve(STOP));
        boolean last = step == config.steps() || stopped;
        if (last || config.saveEvery() > 0 && step % config.saveEvery() == 0) {
          Checkpoint saved = save(step);
          if (last) {
            prune();
            Files.deleteIfExists(run.resolve(STOP));
            return saved;
          }
        }
      }
    }
  }

  private StepReport step(long step) throws IOException {
    long began = System.nanoTime();
    double rate = schedule.at(step);
    List<Batch> batches = StepBatches.of(packing.nextStep(), config.microBatchTokens());
    var result = trainer.step(batches, rate);
    double seconds = (System.nanoTime() - began) * 1e-9;
    requireFinite(step, result);
    divergence.add(result.loss());
    return new StepReport(step, config.steps(), result.loss(), losses.zScore(result.loss()), result.gradNorm(),
        norms.zScore(result.gradNorm()), rate, batches.stream().mapToLong(Batch::length).sum(), seconds,
        flops.utilization(batches, seconds), ProcessMemory.peakBytes(), sensors.sample());
  }

  private void check(long step, TensorBoardLog board) throws IOException {
    Map<String, Double> found = checks.run(step, model, trainer);
    if (!found.isEmpty()) {
      board.write(step, found);
      listener.checked(step, found);
    }
  }

  private Checkpoint save(long step) throws IOException {
    Durable.sync(config.out().resolve(METRICS)); // a checkpoint's steps have their lines, after a power cut too
    Checkpoint saved = Checkpoint.write(config.out(), step, model, config.mode(), trainer, source);
    pruned = false;
    listener.saved(saved);
    return saved;
  }

  private void prune() throws IOException {
    if (!pruned) {
      Checkpoint.prune(config.out(), config.keepLast());
      pruned = true;
    }
  }

  private void requireFinite(long step, Trainer.StepResult result) throws IOException {
    if (!Double.isFinite(result.loss()) || !Double.isFinite(result.gradNorm())) {
      throw stopped("step %d: the loss is %s and the gradient norm %s".formatted(step, result.loss(),
          result.gradNorm()), Double.isFinite(result.loss()) ? step : step - 1);
    }
  }

  private void requireNotLost(long step) throws IOException {
    if (divergence.lost()) {
      throw stopped("step %d: the loss diverges; for %d steps it has stayed far above its best, %.4f".formatted(step,
          divergence.streak(), divergence.best()), step - divergence.streak());
    }
  }

  /** @param spoilt the first step after which the weights are no good: the loss of the next one said so */
  private LodestoneException stopped(String what, long spoilt) throws IOException {
    String kept = Checkpoint.finished(config.out()).stream().filter(c -> c.step() < spoilt)
        .reduce((before, later) -> later).map(c -> "; the last good checkpoint is " + c.folder()).orElse("");
    return new LodestoneException(what + ", so training stopped" + kept
        + ". Try a lower --lr, a --warmup or --clip 1");
  }
}
