package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.LS_GRADIENT;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_bytes;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_gradients;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_open;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_parameter;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_parameter_count;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_read;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_set_steps;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_step;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_steps;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_write;

import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.engine.bind.LsBatch;
import dev.lodestone.engine.bind.LsStepResult;
import dev.lodestone.engine.bind.LsTrainOptions;
import dev.lodestone.engine.bind.LsTrainer;
import java.nio.FloatBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;

/** Trains a model in place. All memory of a step is planned and taken when it is opened. */
public final class Trainer extends Handle<LsTrainer> {
  /**
   * What a step measured.
   *
   * @param loss mean over the labelled tokens of all batches of the step
   * @param gradNorm global norm of the gradient before clipping
   * @param labelled tokens that had a loss
   */
  public record StepResult(double loss, double gradNorm, long labelled) {}

  private final List<Model.Parameter> trained = new ArrayList<>();
  private final boolean roundsWeights;

  private Trainer(Model model, LsTrainer pointer) {
    super("trainer", pointer, Lodestone::ls_trainer_close);
    roundsWeights = model.engine().running() != Device.CPU;
    var all = model.parameters();
    for (long i = 0; i < ls_trainer_parameter_count(pointer); i++) {
      trained.add(all.get((int) ls_trainer_parameter(pointer, i)));
    }
  }

  public static Trainer open(Model model, TrainOptions options) {
    try (var scope = new PointerScope()) {
      var struct = new LsTrainOptions();
      struct.zero();
      struct.mode(options.mode().ordinal()).beta1(options.beta1()).beta2(options.beta2()).eps(options.eps())
          .weight_decay(options.weightDecay()).clip(options.clip())
          .no_decay_norm(options.noDecayNorm() ? 1 : 0).no_decay_bias(options.noDecayBias() ? 1 : 0)
          .max_tokens(options.maxTokens())
          .recompute(Recompute.pointer(options.recompute(), model.config().layers()))
          .atomics(options.deterministic() ? 0 : 1);
      var pointer = new LsTrainer();
      Native.check(ls_trainer_open(model.pointer(), struct, pointer));
      return new Trainer(model, pointer);
    }
  }

  /** One optimizer step over all batches (gradient accumulation). If loss or norm is not finite nothing is updated. */
  public StepResult step(List<Batch> batches, double learningRate) {
    return run(batches, (trainer, structs, result) ->
        ls_trainer_step(trainer, batches.size(), structs, learningRate, result));
  }

  /** The gradient only, to be read with {@link #gradient}: no clipping, no update. */
  public StepResult gradients(List<Batch> batches) {
    return run(batches, (trainer, structs, result) -> ls_trainer_gradients(trainer, batches.size(), structs, result));
  }

  /** The parameters that are trained. */
  public List<Model.Parameter> trained() {
    return List.copyOf(trained);
  }

  /** The last gradient of a trained parameter. */
  public float[] gradient(String name) {
    for (int i = 0; i < trained.size(); i++) {
      if (trained.get(i).name().equals(name)) {
        var values = new float[Native.elements("gradient of " + name, trained.get(i).count())];
        var chunk = Native.floatChunk(values.length);
        for (int at = 0; at < values.length; at += chunk.capacity()) {
          int count = Math.min(chunk.capacity(), values.length - at);
          read(i, LS_GRADIENT, at, chunk.clear().limit(count));
          chunk.get(values, at, count);
        }
        return values;
      }
    }
    throw new EngineException(EngineException.INVALID, "parameter " + name + " is not trained");
  }

  /** Optimizer steps taken. */
  public long steps() {
    return ls_trainer_steps(pointer());
  }

  void setSteps(long steps) {
    Native.check(ls_trainer_set_steps(pointer(), steps));
  }

  /** Bytes that the trainer holds. */
  public long bytes() {
    return ls_trainer_bytes(pointer());
  }

  /** Whether the model computes with bf16 roundings of the fp32 weights that are trained. */
  boolean roundsWeights() {
    return roundsWeights;
  }

  /** Writes steps and moments (and the fp32 weights, if the model's are rounded to bf16), so that a trainer that loads them goes on bit for bit. */
  public void saveState(WritableByteChannel to) {
    TrainerState.write(this, to);
  }

  /**
   * Reads what {@link #saveState} wrote of a trainer with the same trained parameters.
   *
   * @throws dev.lodestone.LodestoneException if the state is of another kind, damaged or cut short; the trainer is then
   *     of no use
   */
  public void loadState(ReadableByteChannel from) {
    TrainerState.read(this, from);
  }

  /** Fills the direct buffer with gradients or moments ({@code ls_trainer_state}) of the i-th trained parameter. */
  void read(int i, int state, long offset, FloatBuffer direct) {
    Native.check(ls_trainer_read(pointer(), i, state, offset, Native.pointerTo(direct), direct.remaining()));
  }

  void write(int i, int state, long offset, FloatBuffer direct) {
    Native.check(ls_trainer_write(pointer(), i, state, offset, Native.pointerTo(direct), direct.remaining()));
  }

  private interface Call {
    int run(LsTrainer trainer, LsBatch batches, LsStepResult result);
  }

  private StepResult run(List<Batch> batches, Call call) {
    try (var scope = new PointerScope()) {
      var trainer = pointer();
      var structs = new LsBatch(batches.size());
      if (!batches.isEmpty()) { // JavaCPP would clear one struct where there is none
        structs.zero();
      }
      for (int i = 0; i < batches.size(); i++) {
        batches.get(i).fill(structs.getPointer(i));
      }
      var result = new LsStepResult();
      result.zero();
      Native.check(call.run(trainer, structs, result));
      return new StepResult(result.loss(), result.grad_norm(), result.labelled());
    }
  }
}
