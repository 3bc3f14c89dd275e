package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.LS_GRADIENT;
import static dev.lodestone.engine.bind.Lodestone.LS_WEIGHT;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_bytes;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_gradients;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_open;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_parameter;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_parameter_count;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_read;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_read_merged;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_set_steps;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_step;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_steps;
import static dev.lodestone.engine.bind.Lodestone.ls_trainer_write;

import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.engine.bind.LsBatch;
import dev.lodestone.engine.bind.LsStepResult;
import dev.lodestone.engine.bind.LsTrainer;
import java.nio.FloatBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  private final Model model;
  private final Mode mode;
  private final List<Model.Parameter> trained;

  private Trainer(Model model, Mode mode, LsTrainer pointer) {
    super("trainer", pointer, Lodestone::ls_trainer_close);
    this.model = model;
    this.mode = mode;
    trained = Model.Parameter.list(ls_trainer_parameter_count(pointer),
        (i, parameter) -> ls_trainer_parameter(pointer, i, parameter));
  }

  public static Trainer open(Model model, TrainOptions options) {
    try (var scope = new PointerScope()) {
      var pointer = new LsTrainer();
      Native.check(ls_trainer_open(model.pointer(), NativeTraining.of(options, model.config().layers()), pointer));
      return new Trainer(model, options.mode(), pointer);
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

  /**
   * What is trained: parameters; matrices of adapters, named as in PEFT ({@code ....q_proj.lora_A.weight}); or slices
   * of parameters ({@code ....q_proj.weight[64:128]}, {@code ....o_proj.weight[:, 64:128]}). Their indices count them.
   */
  public List<Model.Parameter> trained() {
    return trained;
  }

  /** Writes the trained model as {@link Model#save} does, adapters merged: W + alpha/rank · B·A, in fp32. */
  public void save(Path folder, Map<String, String> metadata) {
    ModelFiles.write(model, this::readMerged, folder, metadata);
  }

  /** Writes the adapters of {@link Mode.Lora} as a folder of PEFT, {@code adapter_config.json} and weights in F32. */
  public void saveAdapter(Path folder) {
    if (!(mode instanceof Mode.Lora lora)) {
      throw new EngineException(EngineException.INVALID, "expected a trainer of adapters but found mode " + mode.id());
    }
    AdapterFiles.write(this, lora, folder);
  }

  /** The last gradient of what is trained under that name. */
  public float[] gradient(String name) {
    return readAll(find(name), LS_GRADIENT);
  }

  /** The fp32 weights of it. */
  public float[] weight(String name) {
    return readAll(find(name), LS_WEIGHT);
  }

  /** Sets these weights: those of an adapter, for instance, that was trained before. */
  public void write(String name, float[] values) {
    var parameter = find(name);
    if (values.length != parameter.count()) {
      throw new EngineException(EngineException.INVALID, "parameter " + name + ": expected " + parameter.count()
          + " values but found " + values.length);
    }
    var chunk = Native.floatChunk(values.length);
    for (int at = 0; at < values.length; at += chunk.capacity()) {
      int count = Math.min(chunk.capacity(), values.length - at);
      write(parameter.index(), LS_WEIGHT, at, chunk.clear().put(values, at, count).flip());
    }
  }

  private Model.Parameter find(String name) {
    return trained.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow(
        () -> new EngineException(EngineException.INVALID, "parameter " + name + " is not trained"));
  }

  private float[] readAll(Model.Parameter parameter, int state) {
    var values = new float[Native.elements(parameter.name(), parameter.count())];
    var chunk = Native.floatChunk(values.length);
    for (int at = 0; at < values.length; at += chunk.capacity()) {
      int count = Math.min(chunk.capacity(), values.length - at);
      read(parameter.index(), state, at, chunk.clear().limit(count));
      chunk.get(values, at, count);
    }
    return values;
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

  /** Whether the trainer alone has what is trained: adapters, or fp32 weights of which the model has roundings. */
  boolean keepsWeights() {
    return mode instanceof Mode.Lora || model.engine().running() != Device.CPU;
  }

  /**
   * Writes steps and moments, and weights that the model does not hold (adapters; on a GPU the fp32 weights), so that a
   * trainer that loads them goes on bit for bit.
   */
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

  private void readMerged(int index, long offset, FloatBuffer direct) {
    Native.check(
        ls_trainer_read_merged(pointer(), index, offset, Native.pointerTo(direct), direct.remaining()));
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
