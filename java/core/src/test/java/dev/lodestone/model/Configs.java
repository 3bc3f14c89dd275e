package dev.lodestone.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** The same small models in both styles of {@code config.json}. */
final class Configs {
  private static final String COMMON =
      """
      "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 176, "num_attention_heads": 4,
      "num_hidden_layers": 3, "num_key_value_heads": 2, "rms_norm_eps": 1e-05, "vocab_size": 320,
      "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": null, "initializer_range": 0.02, "use_cache": true
      """;

  private Configs() {}

  /** Name to { fields of the architecture, rope_parameters }; theta stands in the latter. */
  static Map<String, String[]> all() {
    String llama = architecture("LlamaForCausalLM", "llama") + ", \"max_position_embeddings\": 64, \"head_dim\": 16";
    Map<String, String[]> all = new LinkedHashMap<>();
    all.put("default", new String[] {llama, "\"rope_type\": \"default\", \"rope_theta\": 500000.0"});
    all.put("tied", new String[] {llama + ", \"tie_word_embeddings\": true", "\"rope_theta\": 10000.0"});
    all.put("head_dim", new String[] {llama.replace("16", "32"), "\"rope_theta\": 10000.0"});
    all.put("linear", new String[] {llama, "\"rope_type\": \"linear\", \"rope_theta\": 10000.0, \"factor\": 4.0"});
    all.put("dynamic", new String[] {llama, "\"rope_type\": \"dynamic\", \"rope_theta\": 10000.0, \"factor\": 4.0"});
    all.put("llama3", new String[] {llama.replace("64", "512"), "\"rope_type\": \"llama3\", \"rope_theta\": 500000.0, "
        + "\"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, "
        + "\"original_max_position_embeddings\": 64"});
    all.put("yarn", new String[] {llama.replace("64", "256"), "\"rope_type\": \"yarn\", \"rope_theta\": 10000.0, "
        + "\"factor\": 4.0, \"original_max_position_embeddings\": 64, \"mscale\": 0.7, \"truncate\": false"});
    String mistral = architecture("MistralForCausalLM", "mistral") + ", \"max_position_embeddings\": 512";
    all.put("mistral", new String[] {mistral + ", \"sliding_window\": 32", "\"rope_theta\": 10000.0"});
    String qwen2 = architecture("Qwen2ForCausalLM", "qwen2") + ", \"max_position_embeddings\": 512";
    all.put("qwen2", new String[] {qwen2 + ", \"sliding_window\": null, \"use_sliding_window\": false, "
        + "\"layer_types\": [\"full_attention\", \"full_attention\", \"full_attention\"]", "\"rope_theta\": 1e6"});
    return all;
  }

  /** As transformers 5 writes it. */
  static ObjectNode v5(String name) {
    String[] parts = all().get(name);
    return parse("{" + parts[0] + ", " + COMMON + ", \"rope_parameters\": {" + parts[1] + "}}");
  }

  /** As transformers 4 writes it; {@code typeKey} is {@code rope_type} or the older {@code type}. */
  static ObjectNode v4(String name, String typeKey) {
    String[] parts = all().get(name);
    ObjectNode rope = parse("{" + parts[1] + "}");
    ObjectNode config = parse("{" + parts[0] + ", " + COMMON + "}");
    config.set("rope_theta", rope.remove("rope_theta"));
    var type = rope.remove("rope_type");
    if (type == null || type.asText().equals("default")) {
      return config.putNull("rope_scaling");
    }
    rope.set(typeKey, type);
    config.set("rope_scaling", rope);
    return config;
  }

  static ModelConfig parsed(String name) {
    return ModelConfig.parse(v5(name), name);
  }

  private static String architecture(String className, String type) {
    return "\"architectures\": [\"" + className + "\"], \"model_type\": \"" + type + "\"";
  }

  private static ObjectNode parse(String text) {
    return (ObjectNode) Json.parse(text, "test");
  }
}
