package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.LS_F32;
import static dev.lodestone.engine.bind.Lodestone.ls_forward;
import static dev.lodestone.engine.bind.Lodestone.ls_model_open;
import static dev.lodestone.engine.bind.Lodestone.ls_model_parameter;
import static dev.lodestone.engine.bind.Lodestone.ls_model_parameter_count;
import static dev.lodestone.engine.bind.Lodestone.ls_model_read;
import static dev.lodestone.engine.bind.Lodestone.ls_model_write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.engine.bind.LsBatch;
import dev.lodestone.engine.bind.LsModel;
import dev.lodestone.engine.bind.LsParameter;
import dev.lodestone.io.Json;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.ModelFolder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** A decoder of the Llama family (pre-norm, grouped-query attention, SwiGLU) on an engine. */
public final class Model extends Handle<LsModel> {
  /**
   * A parameter under its Hugging Face name.
   *
   * @param rows 1 for a vector; {@code rank} says which
   */
  public record Parameter(int index, String name, long rows, long columns, int rank) {
    /** Number of elements. */
    public long count() {
      return rows * columns;
    }

    interface Source {
      int describe(long index, LsParameter into);
    }

    /** What the native library tells of so many tensors. */
    static List<Parameter> list(long count, Source source) {
      var list = new ArrayList<Parameter>();
      try (var scope = new PointerScope()) {
        var struct = new LsParameter();
        for (int i = 0; i < count; i++) {
          Native.check(source.describe(i, struct));
          list.add(new Parameter(i, struct.name().getString(), struct.rows(), struct.columns(), struct.rank()));
        }
      }
      return List.copyOf(list);
    }
  }

  private final Engine engine;
  private final ModelConfig config;
  private final JsonNode original;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();

  private Model(Engine engine, ModelConfig config, JsonNode original, LsModel pointer) {
    super("model", pointer, Lodestone::ls_model_close);
    this.engine = engine;
    this.config = config;
    this.original = original;
    for (var parameter : Parameter.list(ls_model_parameter_count(pointer),
        (i, into) -> ls_model_parameter(pointer, i, into))) {
      parameters.put(parameter.name(), parameter);
    }
  }

  /** A model with all parameters zero and norm weights one. */
  public static Model create(Engine engine, ModelConfig config) {
    return create(engine, config, Json.mapper().createObjectNode());
  }

  private static Model create(Engine engine, ModelConfig config, JsonNode original) {
    try (var scope = new PointerScope()) {
      var pointer = new LsModel();
      Native.check(ls_model_open(engine.pointer(), NativeConfig.of(config), pointer));
      return new Model(engine, config, original, pointer);
    }
  }

  /** The model of a Hugging Face folder. */
  public static Model load(Engine engine, Path folder) {
    try (var opened = ModelFolder.open(folder)) {
      return load(engine, opened);
    }
  }

  public static Model load(Engine engine, ModelFolder folder) {
    return load(engine, folder, folder.config());
  }

  /** The folder's weights under another configuration of the same shapes: other rotary positions, for instance. */
  public static Model load(Engine engine, ModelFolder folder, ModelConfig config) {
    folder.check();
    var model = create(engine, config, folder.rawConfig());
    try {
      ModelFiles.read(folder, model);
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Writes {@code config.json} and {@code model.safetensors} (F32), each of which appears whole or not at all. What the
   * configuration file that the model came from says beside {@link #config} (token ids, for instance) is kept.
   *
   * @param metadata the safetensors file's {@code __metadata__}
   */
  public void save(Path folder, Map<String, String> metadata) {
    ModelFiles.write(this, this::read, folder, metadata);
  }

  public ModelConfig config() {
    return config;
  }

  /** The {@code config.json} of this model. */
  ObjectNode configFile() {
    return config.toJson(original);
  }

  public Engine engine() {
    return engine;
  }

  /** All parameters, in the order of their indices. */
  public List<Parameter> parameters() {
    return new ArrayList<>(parameters.values());
  }

  /** The parameter of that name. */
  public Parameter parameter(String name) {
    var parameter = parameters.get(name);
    if (parameter == null) {
      throw new EngineException(EngineException.INVALID,
          "the model has no parameter " + name + "; it has " + String.join(", ", parameters.keySet()));
    }
    return parameter;
  }

  /** One pass over a batch. */
  public Pass.Result forward(Batch batch, Pass pass) {
    try (var scope = new PointerScope()) {
      var model = pointer();
      var nativeBatch = new LsBatch();
      nativeBatch.zero();
      batch.fill(nativeBatch);
      var nativePass = NativePass.of(config, batch.length(), pass);
      Native.check(ls_forward(model, nativeBatch, nativePass.struct));
      return nativePass.result();
    }
  }

  /** Sets a whole parameter. */
  public void write(String name, float[] values) {
    var parameter = parameter(name);
    if (values.length != parameter.count()) {
      throw new EngineException(EngineException.INVALID, "parameter " + name + ": expected " + parameter.count()
          + " values but found " + values.length);
    }
    var chunk = Native.floatChunk(values.length);
    for (int at = 0; at < values.length; at += chunk.capacity()) {
      int count = Math.min(chunk.capacity(), values.length - at);
      write(parameter.index(), at, chunk.clear().put(values, at, count).flip());
    }
  }

  /** Sets what remains in the direct buffer, from this element on. */
  public void write(int index, long offset, FloatBuffer direct) {
    write(index, offset, LS_F32, Native.pointerTo(direct), direct.remaining());
  }

  /** Sets elements from data of a dtype ({@code ls_dtype}). */
  void write(int index, long offset, int dtype, Pointer data, long count) {
    Native.check(ls_model_write(pointer(), index, offset, dtype, data, count));
  }

  /** A whole parameter. */
  public float[] read(String name) {
    var parameter = parameter(name);
    var values = new float[Native.elements("parameter " + name, parameter.count())];
    var chunk = Native.floatChunk(values.length);
    for (int at = 0; at < values.length; at += chunk.capacity()) {
      int count = Math.min(chunk.capacity(), values.length - at);
      read(parameter.index(), at, chunk.clear().limit(count));
      chunk.get(values, at, count);
    }
    return values;
  }

  /** Fills what remains of the direct buffer, from this element on. The buffer's position stays. */
  public void read(int index, long offset, FloatBuffer direct) {
    Native.check(ls_model_read(pointer(), index, offset, Native.pointerTo(direct), direct.remaining()));
  }

  /** What a use of this model takes; see {@link MemoryPlan#of}. */
  public MemoryPlan plan(Mode mode, long tokens, long sequences, long capacity) {
    return MemoryPlan.of(engine, config, mode, tokens, sequences, capacity);
  }
}
