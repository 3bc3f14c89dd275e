package dev.lodestone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What the engine needs to know of a decoder of the Llama family: pre-norm (RMSNorm), rotary positions, grouped-query
 * causal attention, SwiGLU.
 *
 * @param architecture e.g. {@code LlamaForCausalLM}
 * @param modelType e.g. {@code llama}
 * @param hidden width of the residual stream
 * @param heads query heads of a layer
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headDim width of a head; a multiple of 8. heads · headDim need not be {@code hidden}
 * @param intermediate width inside the feed-forward layer
 * @param maxPositions longest context the model was made for, in tokens
 * @param normEps added to the mean square in RMSNorm
 * @param tiedEmbeddings the output head is the embedding
 * @param qkvBias biases on the q, k and v projections
 * @param windows for each layer the keys a row may see, itself included; 0 = all
 */
public record ModelConfig(
    String architecture,
    String modelType,
    int layers,
    int hidden,
    int heads,
    int kvHeads,
    int headDim,
    int intermediate,
    int vocabulary,
    int maxPositions,
    double normEps,
    boolean tiedEmbeddings,
    boolean qkvBias,
    int[] windows,
    RopeConfig rope) {

  // Far above any model that exists, and low enough that no product of two or three of them overflows a long.
  private static final int MAX_LAYERS = 1 << 12;
  private static final int MAX_HEADS = 1 << 12;
  private static final int MAX_WIDTH = 1 << 20;
  private static final long MAX_EMBEDDING = 1L << 40;

  /** Checks sizes against each other. */
  public ModelConfig {
    String where = "model configuration";
    limit(where, "layers", layers, MAX_LAYERS);
    limit(where, "heads", heads, MAX_HEADS);
    limit(where, "hidden", hidden, MAX_WIDTH);
    limit(where, "intermediate", intermediate, MAX_WIDTH);
    limit(where, "headDim", headDim, MAX_WIDTH);
    limit(where, "kvHeads", kvHeads, heads);
    limit(where, "vocabulary", vocabulary, Integer.MAX_VALUE);
    limit(where, "maxPositions", maxPositions, Integer.MAX_VALUE);
    if (heads % kvHeads != 0) {
      throw new LodestoneException(
          "expected a number of query heads that " + kvHeads + " key/value heads divide but found " + heads);
    }
    if (headDim % 8 != 0) {
      throw new LodestoneException("expected a head_dim that is a multiple of 8 but found " + headDim);
    }
    if ((long) heads * headDim > MAX_WIDTH) {
      throw new LodestoneException("expected heads · head_dim of at most " + MAX_WIDTH + " but found " + heads + " · "
          + headDim);
    }
    if ((long) vocabulary * hidden > MAX_EMBEDDING) {
      throw new LodestoneException("expected an embedding of at most 2^40 elements but found vocab_size " + vocabulary
          + " · hidden_size " + hidden);
    }
    if (windows.length != layers) {
      throw new LodestoneException("expected a window for each of " + layers + " layers but found " + windows.length);
    }
    if (!(normEps >= 0 && normEps < 1)) {
      throw new LodestoneException("expected rms_norm_eps from 0 to 1 but found " + normEps);
    }
    Objects.requireNonNull(rope);
    windows = windows.clone();
  }

  private static void limit(String where, String name, long value, long largest) {
    if (value < 1 || value > largest) {
      throw new LodestoneException(
          where + ": expected " + name + " from 1 to " + largest + " but found " + value);
    }
  }

  /**
   * Reads a {@code config.json} of either style.
   *
   * @param where names the file in errors
   * @throws LodestoneException unknown architecture or RoPE type, a feature the engine lacks, impossible sizes
   */
  public static ModelConfig parse(JsonNode config, String where) {
    if (!config.isObject()) {
      throw new LodestoneException(where + ": expected a JSON object but found " + config.getNodeType());
    }
    var fields = new Fields(config, where);
    Architecture architecture = Architecture.of(fields);
    architecture.refuseUnsupported(fields);
    int layers = fields.size("num_hidden_layers", MAX_LAYERS);
    int hidden = fields.size("hidden_size", MAX_WIDTH);
    int heads = fields.size("num_attention_heads", MAX_HEADS);
    boolean explicit = fields.has("head_dim");
    if (!explicit && hidden % heads != 0) {
      throw fields.bad("num_attention_heads", "a divisor of hidden_size " + hidden + " (there is no head_dim)", heads);
    }
    try {
      return new ModelConfig(
          architecture.className(),
          architecture.modelType(),
          layers,
          hidden,
          heads,
          fields.size("num_key_value_heads", MAX_HEADS, config.has("num_key_value_heads") ? heads
              : architecture.defaultKvHeads(heads)),
          explicit ? fields.size("head_dim", MAX_WIDTH) : hidden / heads,
          fields.size("intermediate_size", MAX_WIDTH),
          fields.size("vocab_size", Integer.MAX_VALUE),
          maxPositions(fields),
          fields.number("rms_norm_eps", 0, 1e-6),
          fields.flag("tie_word_embeddings", false),
          architecture.qkvBias(),
          architecture.windows(fields, layers),
          RopeConfig.parse(config, where));
    } catch (LodestoneException e) {
      throw e.getMessage().startsWith(where) ? e : new LodestoneException(where + ": " + e.getMessage(), e);
    }
  }

  static int maxPositions(Fields fields) {
    return fields.size("max_position_embeddings", Integer.MAX_VALUE, Architecture.of(fields).defaultPositions());
  }

  /**
   * The same model with other rotary positions. What the numbers of a type mean to Hugging Face ties the length to
   * them, so {@code maxPositions} gives way: dynamic takes it for the trained length (it becomes {@code
   * originalPositions}), and yarn's factor is read as its ratio to {@code originalPositions} by transformers 4.
   */
  public ModelConfig withRope(RopeConfig rope, int maxPositions) {
    int positions =
        switch (rope.type()) {
          case DYNAMIC -> positions(rope.originalPositions());
          case YARN -> positions(Math.round(rope.factor() * rope.originalPositions()));
          default -> maxPositions;
        };
    return new ModelConfig(architecture, modelType, layers, hidden, heads, kvHeads, headDim, intermediate, vocabulary,
        positions, normEps, tiedEmbeddings, qkvBias, windows, rope);
  }

  private static int positions(long count) {
    limit("rotary positions", "length", count, Integer.MAX_VALUE);
    return (int) count;
  }

  /** A complete Hugging Face {@code config.json} for F32 weights that transformers 4 and 5 load. */
  public ObjectNode toJson() {
    return toJson(Json.mapper().createObjectNode());
  }

  /** The same, with what the original configuration says beside it (token ids, initialiser, dropout ...) kept. */
  public ObjectNode toJson(JsonNode original) {
    ObjectNode node = original.deepCopy();
    node.remove(List.of("rope_parameters", "dtype", "original_max_position_embeddings", "layer_types"));
    node.putArray("architectures").add(architecture);
    node.put("model_type", modelType);
    node.put("hidden_act", "silu");
    node.put("hidden_size", hidden);
    node.put("intermediate_size", intermediate);
    node.put("num_hidden_layers", layers);
    node.put("num_attention_heads", heads);
    node.put("num_key_value_heads", kvHeads);
    node.put("head_dim", headDim);
    node.put("vocab_size", vocabulary);
    node.put("max_position_embeddings", maxPositions);
    node.put("rms_norm_eps", normEps);
    node.put("tie_word_embeddings", tiedEmbeddings);
    rope.write(node);
    Architecture.named(modelType).write(node, windows);
    node.put("torch_dtype", "float32");
    return node;
  }

  /** All parameters under their Hugging Face names, in the order of a state dict. */
  public List<ParameterShape> parameters() {
    List<ParameterShape> all = new ArrayList<>();
    all.add(ParameterShape.matrix("model.embed_tokens.weight", vocabulary, hidden));
    for (int layer = 0; layer < layers; layer++) {
      String at = "model.layers." + layer + ".";
      projection(all, at + "self_attn.q_proj", (long) heads * headDim, hidden, qkvBias);
      projection(all, at + "self_attn.k_proj", (long) kvHeads * headDim, hidden, qkvBias);
      projection(all, at + "self_attn.v_proj", (long) kvHeads * headDim, hidden, qkvBias);
      projection(all, at + "self_attn.o_proj", hidden, (long) heads * headDim, false);
      projection(all, at + "mlp.gate_proj", intermediate, hidden, false);
      projection(all, at + "mlp.up_proj", intermediate, hidden, false);
      projection(all, at + "mlp.down_proj", hidden, intermediate, false);
      all.add(ParameterShape.vector(at + "input_layernorm.weight", hidden));
      all.add(ParameterShape.vector(at + "post_attention_layernorm.weight", hidden));
    }
    all.add(ParameterShape.vector("model.norm.weight", hidden));
    if (!tiedEmbeddings) {
      all.add(ParameterShape.matrix("lm_head.weight", vocabulary, hidden));
    }
    return all;
  }

  private static void projection(List<ParameterShape> all, String name, long rows, long columns, boolean bias) {
    all.add(ParameterShape.matrix(name + ".weight", rows, columns));
    if (bias) {
      all.add(ParameterShape.vector(name + ".bias", rows));
    }
  }

  @Override
  public int[] windows() {
    return windows.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ModelConfig that && key().equals(that.key());
  }

  @Override
  public int hashCode() {
    return key().hashCode();
  }

  // A record compares arrays by identity.
  private List<Object> key() {
    List<Integer> seen = Arrays.stream(windows).boxed().toList();
    return List.of(architecture, modelType, layers, hidden, heads, kvHeads, headDim, intermediate, vocabulary,
        maxPositions, normEps, tiedEmbeddings, qkvBias, seen, rope);
  }
}
