package dev.lodestone.engine;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.DType;
import dev.lodestone.io.Json;
import dev.lodestone.io.SafetensorsWriter;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;

/** Weights between safetensors files and the engine, a few MiB at a time, so that a model is in memory once. */
final class ModelFiles {
  private ModelFiles() {}

  static void read(ModelFolder folder, Model model) {
    var chunk = chunk();
    for (var parameter : model.parameters()) {
      var tensor = folder.tensor(parameter.name());
      var entry = tensor.entry();
      int dtype = dtype(entry.dtype());
      int size = entry.dtype().bytes();
      if (entry.bytes() != parameter.count() * size) {
        throw new LodestoneException("tensor " + parameter.name() + ": expected " + parameter.count()
            + " elements for this configuration but found " + entry.bytes() / size);
      }
      for (long at = 0; at < entry.bytes(); at += chunk.capacity()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), entry.bytes() - at));
        tensor.file().read(entry, at, chunk);
        chunk.flip();
        model.write(parameter.index(), at / size, dtype, new BytePointer(chunk), chunk.limit() / size);
      }
    }
  }

  /** Fills the direct buffer with elements of a parameter, from one on. */
  interface Source {
    void read(int index, long offset, FloatBuffer direct);
  }

  static void write(Model model, Source source, Path folder, Map<String, String> metadata) {
    try (var file = SafetensorsWriter.create(folder.resolve("model.safetensors"), metadata)) {
      for (var parameter : model.parameters()) {
        file.declare(parameter.name(), DType.F32, parameter.rank() == 1
            ? new long[] {parameter.columns()} : new long[] {parameter.rows(), parameter.columns()});
      }
      var chunk = chunk();
      int capacity = chunk.capacity() / Float.BYTES;
      for (var parameter : model.parameters()) {
        for (long at = 0; at < parameter.count(); at += capacity) {
          int count = (int) Math.min(capacity, parameter.count() - at);
          source.read(parameter.index(), at, chunk.clear().asFloatBuffer().limit(count));
          file.write(parameter.name(), chunk.limit(count * Float.BYTES));
        }
      }
      file.commit();
    }
    try (var file = AtomicOutput.open(folder.resolve("config.json"))) {
      file.writer().write(Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(model.configFile()));
      file.writer().write("\n");
      file.commit();
    } catch (IOException e) {
      throw new LodestoneException("cannot write " + folder.resolve("config.json") + ": " + e.getMessage(), e);
    }
  }

  private static ByteBuffer chunk() {
    return ByteBuffer.allocateDirect(Native.CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int dtype(DType dtype) {
    return switch (dtype) {
      case F32 -> Lodestone.LS_F32;
      case F16 -> Lodestone.LS_F16;
      case BF16 -> Lodestone.LS_BF16;
      default -> throw new LodestoneException("expected weights of F32, F16 or BF16 but found " + dtype);
    };
  }
}
