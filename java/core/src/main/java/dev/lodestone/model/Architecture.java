package dev.lodestone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import java.util.Arrays;

/**
 * In what the architectures of the family differ: biases, sliding windows, and what transformers takes for a field
 * that a {@code config.json} leaves out.
 */
enum Architecture {
  LLAMA("LlamaForCausalLM", "llama", 2048),
  MISTRAL("MistralForCausalLM", "mistral", 131_072),
  QWEN2("Qwen2ForCausalLM", "qwen2", 32_768);

  private static final int DEFAULT_WINDOW = 4096; // MistralConfig and Qwen2Config

  private final String className;
  private final String modelType;
  private final int defaultPositions;

  Architecture(String className, String modelType, int defaultPositions) {
    this.className = className;
    this.modelType = modelType;
    this.defaultPositions = defaultPositions;
  }

  String className() {
    return className;
  }

  String modelType() {
    return modelType;
  }

  int defaultPositions() {
    return defaultPositions;
  }

  int defaultKvHeads(int heads) {
    return this == LLAMA ? heads : this == MISTRAL ? 8 : 32;
  }

  boolean qkvBias() {
    return this == QWEN2;
  }

  static Architecture named(String modelType) {
    for (Architecture a : values()) {
      if (a.modelType.equals(modelType)) {
        return a;
      }
    }
    throw new LodestoneException("expected a model type of [llama, mistral, qwen2] but found \"" + modelType + "\"");
  }

  /** By {@code architectures} and {@code model_type}; one of them may be missing, both must agree. */
  static Architecture of(Fields fields) {
    JsonNode named = fields.node().path("architectures").path(0);
    String className = named.isTextual() ? named.textValue() : null;
    String type = fields.has("model_type") ? fields.text("model_type", null) : null;
    for (Architecture a : values()) {
      boolean classFits = className == null || className.equals(a.className);
      boolean typeFits = type == null || type.equals(a.modelType);
      if (classFits && typeFits && (className != null || type != null)) {
        return a;
      }
    }
    throw new LodestoneException(fields.where() + ": expected an architecture of "
        + Arrays.toString(Arrays.stream(values()).map(Architecture::className).toArray()) + " but found "
        + (className == null ? "none" : "\"" + className + "\"")
        + (type == null ? "" : " with model_type \"" + type + "\""));
  }

  void refuseUnsupported(Fields fields) {
    String act = fields.text("hidden_act", "silu");
    if (!act.equals("silu")) {
      throw fields.bad("hidden_act", "\"silu\"", "\"" + act + "\"");
    }
    for (String bias : new String[] {"attention_bias", "mlp_bias"}) {
      if (fields.flag(bias, false)) {
        throw fields.bad(bias, "false (such biases are not supported in " + className + ")", true);
      }
    }
    if (fields.has("quantization_config")) {
      throw new LodestoneException(fields.where()
          + ": the weights are quantised; expected F32, F16 or BF16, so use the model they were made from");
    }
  }

  /** Keys that a row of each layer may see; 0 = all. */
  int[] windows(Fields fields, int layers) {
    var windows = new int[layers];
    if (this == LLAMA) {
      return windows;
    }
    // null means none; a missing key means the default of the configuration class.
    boolean none = fields.node().has("sliding_window") && !fields.has("sliding_window");
    int window = none ? 0 : fields.size("sliding_window", Integer.MAX_VALUE, DEFAULT_WINDOW);
    if (this == MISTRAL) {
      Arrays.fill(windows, window);
      return windows;
    }
    boolean used = fields.flag("use_sliding_window", false);
    int first = fields.integer("max_window_layers", 0, Integer.MAX_VALUE, 28);
    for (int layer = 0; layer < layers; layer++) {
      boolean sliding = fields.has("layer_types") ? isSliding(fields, layer, layers) : used && layer >= first;
      if (sliding && fields.has("layer_types") && (!used || window == 0)) {
        throw fields.bad("layer_types", "only full_attention (there is no sliding window in use)", "sliding_attention");
      }
      windows[layer] = sliding ? window : 0;
    }
    return windows;
  }

  private static boolean isSliding(Fields fields, int layer, int layers) {
    JsonNode types = fields.node().get("layer_types");
    if (!types.isArray() || types.size() != layers) {
      throw fields.bad("layer_types", "a list of " + layers + " entries", types);
    }
    return switch (types.get(layer).asText()) {
      case "full_attention" -> false;
      case "sliding_attention" -> true;
      default -> throw fields.bad("layer_types", "full_attention or sliding_attention", types.get(layer));
    };
  }

  /** The fields of this architecture for those windows; the reverse of {@link #windows}. */
  void write(ObjectNode node, int[] windows) {
    int window = Arrays.stream(windows).max().orElse(0);
    if (this == LLAMA) {
      node.put("attention_bias", false);
      node.put("mlp_bias", false);
      return;
    } else if (window == 0) {
      node.putNull("sliding_window");
    } else {
      node.put("sliding_window", window);
    }
    if (this == QWEN2) {
      node.put("use_sliding_window", window > 0);
      ArrayNode types = node.putArray("layer_types");
      for (int w : windows) {
        types.add(w > 0 ? "sliding_attention" : "full_attention");
      }
      int full = 0;
      while (full < windows.length && windows[full] == 0) {
        full++;
      }
      node.put("max_window_layers", full);
    }
  }
}
