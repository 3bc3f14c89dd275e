package dev.lodestone.engine.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * What JavaCPP makes of {@code lodestone.h} and {@code ops.h}: one class for each struct and {@code bind.Lodestone} for the functions.
 * OpenMP and oneDNN travel in the jar beside the engine and are loaded before it.
 */
@Properties(
    inherit = org.bytedeco.javacpp.presets.javacpp.class,
    target = "dev.lodestone.engine.bind",
    global = "dev.lodestone.engine.bind.Lodestone",
    value = @Platform(
        value = "linux-x86_64",
        include = {"lodestone/lodestone.h", "lodestone/ops.h"},
        preload = {"gomp@.1", "dnnl@.3"},
        link = "lodestone",
        library = "jnilodestone"))
public class LodestonePreset implements InfoMapper {
  @Override
  public void map(InfoMap map) {
    map.put(new Info("LS_API").cppTypes().annotations().cppText(""));
    for (var struct : new String[] {"engine", "rope", "model_config", "model", "memory_plan", "parameter", "batch",
        "probe", "edit", "capture", "pass", "decoder", "trainer", "train_options", "lora", "head",
        "step_result",
        "buffer", "view", "attention_shape", "attention", "attention_forward", "attention_backward", "score_rows",
        "rmsnorm_forward", "rmsnorm_backward", "rotate", "swiglu_forward", "swiglu_backward", "linear_forward",
        "linear_backward", "linear_cross_entropy", "adamw"}) {
      map.put(new Info("ls_" + struct).pointerTypes(javaName(struct)));
    }
  }

  /** {@code model_config} is {@code LsModelConfig} in Java. */
  private static String javaName(String struct) {
    var name = new StringBuilder("Ls");
    for (var word : struct.split("_")) {
      name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    return name.toString();
  }
}
