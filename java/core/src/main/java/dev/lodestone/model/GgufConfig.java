package dev.lodestone.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;

/** Makes {@code config.json} and {@code generation_config.json} from the metadata of a GGUF file of a Llama model. */
final class GgufConfig {
  private static final long MAX = Integer.MAX_VALUE;

  private final Gguf gguf;
  private final GgufMetadata metadata;

  GgufConfig(Gguf gguf) {
    this.gguf = gguf;
    metadata = gguf.metadata();
  }

  /** Everything but the dtype of the weights. */
  ObjectNode config() {
    String architecture = metadata.text("general.architecture", "");
    if (!architecture.equals("llama")) {
      throw metadata.bad("general.architecture", "\"llama\"", "\"" + architecture + "\"");
    }
    if (metadata.integer("llama.expert_count", 0, MAX, 0L) > 0) {
      throw metadata.bad("llama.expert_count", "0 (mixtures of experts are not supported)", "more");
    }
    Gguf.TensorInfo embedding = gguf.tensors().get("token_embd.weight");
    if (embedding == null) {
      throw new LodestoneException(gguf.file() + ": expected a tensor token_embd.weight but there is none");
    }
    long hidden = metadata.integer("llama.embedding_length", 1, MAX, null);
    long heads = metadata.integer("llama.attention.head_count", 1, MAX, null);
    if (!metadata.has("llama.attention.key_length") && hidden % heads != 0) {
      throw metadata.bad("llama.attention.head_count", "a number that divides the width of " + hidden, heads);
    }
    long headDim = metadata.integer("llama.attention.key_length", 1, MAX, hidden / heads);
    metadata.integer("llama.attention.value_length", headDim, headDim, headDim);
    metadata.integer("llama.rope.dimension_count", headDim, headDim, headDim);

    ObjectNode config = Json.mapper().createObjectNode();
    config.putArray("architectures").add(Architecture.LLAMA.className());
    config.put("model_type", Architecture.LLAMA.modelType());
    config.put("hidden_act", "silu");
    config.put("hidden_size", hidden);
    config.put("intermediate_size", metadata.integer("llama.feed_forward_length", 1, MAX, null));
    config.put("num_hidden_layers", metadata.integer("llama.block_count", 1, MAX, null));
    config.put("num_attention_heads", heads);
    config.put("num_key_value_heads", metadata.integer("llama.attention.head_count_kv", 1, MAX, heads));
    config.put("head_dim", headDim);
    config.put("vocab_size", embedding.rows());
    config.put("max_position_embeddings", metadata.integer("llama.context_length", 1, MAX, null));
    config.put("rms_norm_eps", metadata.number("llama.attention.layer_norm_rms_epsilon", null));
    config.put("tie_word_embeddings", !gguf.tensors().containsKey("output.weight"));
    rope(config);
    config.put("use_cache", true);
    config.setAll(tokens());
    return config;
  }

  /** {@code bos_token_id}, {@code eos_token_id} (a list where the end of a turn has its own), {@code pad_token_id}. */
  ObjectNode tokens() {
    ObjectNode ids = Json.mapper().createObjectNode();
    putId(ids, "bos_token_id", "tokenizer.ggml.bos_token_id");
    putId(ids, "eos_token_id", "tokenizer.ggml.eos_token_id");
    putId(ids, "pad_token_id", "tokenizer.ggml.padding_token_id");
    long turn = id("tokenizer.ggml.eot_token_id");
    if (turn >= 0 && ids.path("eos_token_id").asLong(turn) != turn) {
      long end = ids.path("eos_token_id").longValue();
      ArrayNode both = ids.putArray("eos_token_id");
      both.add(end).add(turn);
    }
    return ids;
  }

  private void putId(ObjectNode node, String name, String key) {
    long id = id(key);
    if (id >= 0) {
      node.put(name, id);
    }
  }

  private long id(String key) {
    return metadata.has(key) ? metadata.integer(key, 0, gguf.tensors().get("token_embd.weight").rows() - 1, null) : -1;
  }

  private void rope(ObjectNode config) {
    config.put("rope_theta", metadata.number("llama.rope.freq_base", 10_000.0));
    String type = metadata.text("llama.rope.scaling.type", metadata.has("llama.rope.scale_linear") ? "linear" : "none");
    double factor = metadata.number("llama.rope.scaling.factor", metadata.number("llama.rope.scale_linear", 1.0));
    if (metadata.number("llama.rope.scaling.attn_factor", 1.0) != 1) {
      throw metadata.bad("llama.rope.scaling.attn_factor", "1", metadata.number("llama.rope.scaling.attn_factor", 1.0));
    }
    if (gguf.tensors().containsKey("rope_freqs.weight")) {
      llama3(config, gguf.tensors().get("rope_freqs.weight"));
    } else if (type.equals("linear") && factor != 1) {
      config.putObject("rope_scaling").put("rope_type", "linear").put("factor", factor);
    } else if (type.equals("yarn")) {
      config.putObject("rope_scaling").put("rope_type", "yarn").put("factor", factor)
          .put("original_max_position_embeddings",
              metadata.integer("llama.rope.scaling.original_context_length", 1, MAX, null));
    } else if (!type.equals("none") && !type.equals("linear")) {
      throw metadata.bad("llama.rope.scaling.type", "none, linear or yarn", "\"" + type + "\"");
    } else {
      config.putNull("rope_scaling");
    }
  }

  /**
   * Llama 3's scaling stands in GGUF as the divisor of every frequency: 1 for the high ones, the factor for the low
   * ones. The bounds between are not in the file; those of all published models are tried and checked.
   */
  private void llama3(ObjectNode config, Gguf.TensorInfo divisors) {
    double theta = config.get("rope_theta").doubleValue();
    int half = config.get("head_dim").intValue() / 2;
    var found = new float[Math.toIntExact(divisors.columns())];
    gguf.read(divisors, 0, 1, found);
    double factor = 1;
    for (float divisor : found) {
      factor = Math.max(factor, divisor);
    }
    double low = 1;
    double high = 4;
    int original = 8192;
    boolean same = found.length == half;
    for (int i = 0; same && i < half; i++) {
      double turns = original * Math.pow(theta, -(double) i / half) / (2 * Math.PI);
      double smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
      double expected = 1 / ((1 - smooth) / factor + smooth);
      same = Math.abs(found[i] - expected) <= 1e-3 * expected; // fp32 positions of the bounds
    }
    if (!same) {
      throw new LodestoneException(gguf.file() + ": tensor rope_freqs.weight: expected the frequencies of Llama 3 "
          + "(original length 8192, factors 1 and 4) but found others");
    }
    config.putObject("rope_scaling").put("rope_type", "llama3").put("factor", factor).put("low_freq_factor", low)
        .put("high_freq_factor", high).put("original_max_position_embeddings", original);
  }
}
