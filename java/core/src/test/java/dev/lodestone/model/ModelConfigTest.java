package dev.lodestone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.SharedFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ModelConfigTest {
  static Set<String> names() {
    return Configs.all().keySet();
  }

  @ParameterizedTest
  @MethodSource("names")
  void bothStylesSayTheSame(String name) {
    ModelConfig config = Configs.parsed(name);
    assertEquals(config, ModelConfig.parse(Configs.v4(name, "rope_type"), name));
    assertEquals(config, ModelConfig.parse(Configs.v4(name, "type"), name));
    assertEquals(config.hashCode(), ModelConfig.parse(Configs.v4(name, "type"), name).hashCode());
  }

  @ParameterizedTest
  @MethodSource("names")
  void readsWhatItWrites(String name) {
    ModelConfig config = Configs.parsed(name);
    assertEquals(config, ModelConfig.parse(config.toJson(), name));
    ObjectNode kept = config.toJson(Configs.v5(name));
    assertEquals(config, ModelConfig.parse(kept, name));
    assertEquals(0.02, kept.get("initializer_range").doubleValue());
    assertEquals(2, kept.get("eos_token_id").intValue());
    assertFalse(kept.has("rope_parameters"), "two places for the same thing");
  }

  @Test
  void namesAllDiffer() {
    var seen = new java.util.HashSet<ModelConfig>();
    names().forEach(name -> seen.add(Configs.parsed(name)));
    assertEquals(names().size(), seen.size());
    assertNotEquals(Configs.parsed("default"), Configs.parsed("tied"));
  }

  @Test
  void readsSizes() {
    ModelConfig config = Configs.parsed("default");
    assertEquals("LlamaForCausalLM llama 3 64 4 2 16 176 320 64 1.0E-5 false false",
        String.join(" ", config.architecture(), config.modelType(), "" + config.layers(), "" + config.hidden(),
            "" + config.heads(), "" + config.kvHeads(), "" + config.headDim(), "" + config.intermediate(),
            "" + config.vocabulary(), "" + config.maxPositions(), "" + config.normEps(), "" + config.tiedEmbeddings(),
            "" + config.qkvBias()));
    assertEquals(RopeConfig.of(500_000), config.rope());
    assertEquals(16, Configs.parsed("qwen2").headDim()); // hidden / heads where head_dim is not given
    assertTrue(Configs.parsed("qwen2").qkvBias());
  }

  /** What transformers' configuration classes take for a missing key. */
  @Test
  void takesDefaultsOfTheArchitecture() {
    ObjectNode llama = without(Configs.v5("default"), "max_position_embeddings", "num_key_value_heads", "head_dim",
        "rms_norm_eps", "tie_word_embeddings", "rope_parameters", "hidden_act", "architectures");
    ModelConfig config = ModelConfig.parse(llama, "llama");
    assertEquals(2048, config.maxPositions());
    assertEquals(4, config.kvHeads());
    assertEquals(1e-6, config.normEps());
    assertEquals(RopeConfig.of(10_000), config.rope());
    assertEquals("LlamaForCausalLM", config.architecture());
    ModelConfig mistral = ModelConfig.parse(without(Configs.v5("mistral"), "sliding_window",
        "max_position_embeddings", "model_type"), "mistral");
    assertEquals(131_072, mistral.maxPositions());
    assertArrayEquals(new int[] {4096, 4096, 4096}, mistral.windows());
  }

  @Test
  void readsWindows() {
    assertArrayEquals(new int[] {32, 32, 32}, Configs.parsed("mistral").windows());
    ObjectNode none = Configs.v5("mistral").putNull("sliding_window");
    assertArrayEquals(new int[3], ModelConfig.parse(none, "mistral").windows());
    ObjectNode upper = without(Configs.v5("qwen2"), "layer_types").put("use_sliding_window", true)
        .put("sliding_window", 128).put("max_window_layers", 2);
    ModelConfig config = ModelConfig.parse(upper, "qwen2");
    assertArrayEquals(new int[] {0, 0, 128}, config.windows());
    assertEquals(config, ModelConfig.parse(config.toJson(), "written"));
    upper.putArray("layer_types").add("sliding_attention").add("full_attention").add("full_attention");
    config = ModelConfig.parse(upper, "qwen2");
    assertArrayEquals(new int[] {128, 0, 0}, config.windows());
    assertEquals(config, ModelConfig.parse(config.toJson(upper), "written"));
    config.windows()[0] = 7;
    assertEquals(128, config.windows()[0], "a record does not change");
  }

  @Test
  void listsParameters() {
    var llama = Configs.parsed("head_dim").parameters(); // 4 heads of 32 over a width of 64
    assertEquals(1 + 3 * 9 + 2, llama.size());
    assertEquals(ParameterShape.matrix("model.embed_tokens.weight", 320, 64), llama.get(0));
    assertEquals(ParameterShape.matrix("model.layers.0.self_attn.q_proj.weight", 128, 64), llama.get(1));
    assertEquals(ParameterShape.matrix("model.layers.0.self_attn.k_proj.weight", 64, 64), llama.get(2));
    assertEquals(ParameterShape.matrix("model.layers.0.self_attn.o_proj.weight", 64, 128), llama.get(4));
    assertEquals(ParameterShape.matrix("model.layers.0.mlp.down_proj.weight", 64, 176), llama.get(7));
    assertEquals(ParameterShape.vector("model.norm.weight", 64), llama.get(28));
    assertEquals(ParameterShape.matrix("lm_head.weight", 320, 64), llama.get(29));
    var qwen = Configs.parsed("qwen2").parameters();
    assertEquals(1 + 3 * 12 + 2, qwen.size());
    assertEquals(ParameterShape.vector("model.layers.0.self_attn.k_proj.bias", 32), qwen.get(4));
    assertEquals("model.norm.weight", Configs.parsed("tied").parameters().get(28).name());
    assertEquals(29, Configs.parsed("tied").parameters().size());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      "model_type": "mamba", "architectures": ["MambaForCausalLM"] | expected an architecture of
      "model_type": "mistral"                                 | but found "LlamaForCausalLM" with model_type "mistral"
      "hidden_act": "gelu"                                    | hidden_act: expected "silu" but found "gelu"
      "attention_bias": true                                  | attention_bias: expected false
      "mlp_bias": true                                        | mlp_bias: expected false
      "quantization_config": {"bits": 4}                      | quantised
      "num_attention_heads": 3                                | 2 key/value heads divide but found 3
      "num_key_value_heads": 3                                | 3 key/value heads divide but found 4
      "num_key_value_heads": 8                                | kvHeads
      "head_dim": null, "hidden_size": 66                     | num_attention_heads: expected a divisor
      "head_dim": 20                                          | multiple of 8 but found 20
      "num_hidden_layers": 0                                  | num_hidden_layers: expected a whole number from 1
      "num_hidden_layers": null                               | num_hidden_layers: expected a whole number
      "num_hidden_layers": 2.5                                | num_hidden_layers: expected a whole number
      "num_hidden_layers": "3"                                | num_hidden_layers: expected a whole number
      "vocab_size": 1099511627776                             | vocab_size: expected a whole number
      "vocab_size": 2147483647, "hidden_size": 65536          | 2^40
      "hidden_size": 1073741824                               | hidden_size: expected a whole number
      "num_attention_heads": 4096, "head_dim": 1048576        | heads · head_dim
      "max_position_embeddings": 0                            | max_position_embeddings
      "rms_norm_eps": "small"                                 | rms_norm_eps: expected a number
      "rms_norm_eps": NaN                                     | rms_norm_eps: expected a number
      "rms_norm_eps": 2                                       | rms_norm_eps
      "tie_word_embeddings": 1                                | tie_word_embeddings: expected true or false
      "partial_rotary_factor": 0.5                            | partial_rotary_factor: expected 1
      """)
  void refuses(String change, String sentence) {
    ObjectNode config = Configs.v5("default");
    config.setAll((ObjectNode) Json.parse("{" + change + "}", "change"));
    String message =
        assertThrows(LodestoneException.class, () -> ModelConfig.parse(config, "m/config.json")).getMessage();
    assertTrue(message.startsWith("m/config.json: ") && message.contains(sentence), message);
  }

  @Test
  void refusesWindowsThatCannotBe() {
    ObjectNode types = Configs.v5("qwen2");
    types.putArray("layer_types").add("full_attention");
    assertThrows(LodestoneException.class, () -> ModelConfig.parse(types, "x"));
    types.putArray("layer_types").add("full_attention").add("sliding_attention").add("full_attention");
    assertThrows(LodestoneException.class, () -> ModelConfig.parse(types, "x"));
    assertThrows(LodestoneException.class, () -> ModelConfig.parse(Json.parse("[]", "x"), "x"));
  }

  /** Another RoPE, written and read again, is the one that was set, whatever the type does to the length. */
  @ParameterizedTest
  @CsvSource({"default,512", "linear,512", "dynamic,64", "llama3,512", "yarn,256"})
  void writesAnotherRope(String name, int positions) {
    ModelConfig changed = Configs.parsed("tied").withRope(Configs.parsed(name).rope(), 512);
    assertEquals(positions, changed.maxPositions());
    assertEquals(Configs.parsed(name).rope(), changed.rope());
    assertEquals(changed, ModelConfig.parse(changed.toJson(Configs.v5("llama3")), "written"));
    assertTrue(changed.tiedEmbeddings());
  }

  @Test
  void goldensSayTheSameInBothStyles() throws Exception {
    int seen = 0;
    try (var cases = Files.list(SharedFolder.require("goldens"))) {
      for (Path folder : cases.filter(Files::isDirectory).toList()) {
        try (var v5 = ModelFolder.open(folder); var v4 = ModelFolder.open(folder, "config.v4.json")) {
          assertEquals(v5.config(), v4.config(), folder.toString());
          v5.check();
          seen++;
        }
      }
    }
    assertTrue(seen >= 9, "found " + seen);
  }

  private static ObjectNode without(ObjectNode config, String... keys) {
    return config.remove(java.util.List.of(keys));
  }
}
