package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.LS_WEIGHT;

import dev.lodestone.io.DType;
import dev.lodestone.io.Json;
import dev.lodestone.io.SafetensorsWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;

/** An adapter folder as PEFT reads it: {@code adapter_config.json} and {@code adapter_model.safetensors} (F32). */
final class AdapterFiles {
  /** What PEFT's names have before the model's. */
  private static final String PREFIX = "base_model.model.";

  private AdapterFiles() {}

  static void write(Trainer trainer, Mode.Lora lora, Path folder) {
    var config = Json.mapper().createObjectNode().put("peft_type", "LORA").put("task_type", "CAUSAL_LM")
        .putNull("base_model_name_or_path").put("r", lora.rank()).put("lora_alpha", lora.alpha())
        .put("lora_dropout", 0.0).put("bias", "none").put("fan_in_fan_out", false).put("inference_mode", true);
    var modules = config.putArray("target_modules");
    lora.orderedTargets().forEach(t -> modules.add(t.module()));
    Json.writeFile(folder.resolve("adapter_config.json"), config);
    try (var file = SafetensorsWriter.create(folder.resolve("adapter_model.safetensors"), Map.of("format", "pt"))) {
      for (var matrix : trainer.trained()) {
        file.declare(PREFIX + matrix.name(), DType.F32, matrix.rows(), matrix.columns());
      }
      var chunk = ByteBuffer.allocateDirect(Native.CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int capacity = chunk.capacity() / Float.BYTES;
      for (var matrix : trainer.trained()) {
        for (long at = 0; at < matrix.count(); at += capacity) {
          int count = (int) Math.min(capacity, matrix.count() - at);
          trainer.read(matrix.index(), LS_WEIGHT, at, chunk.clear().asFloatBuffer().limit(count));
          file.write(PREFIX + matrix.name(), chunk.limit(count * Float.BYTES));
        }
      }
      file.commit();
    }
  }
}
