package dev.lodestone.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.DType;
import dev.lodestone.io.Json;
import dev.lodestone.io.SafetensorsWriter;
import dev.lodestone.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Makes a Hugging Face model folder from a GGUF file of the Llama architecture: {@code model.safetensors}, {@code
 * config.json}, {@code generation_config.json}, {@code tokenizer.json}, {@code tokenizer_config.json}. Weights are
 * dequantised a few rows at a time, so the model never stands in memory.
 *
 * <p>GGUF stores the rows of q and k of each head with the two elements of a rotary pair side by side; here they go
 * back to where Hugging Face has them, half a head apart.
 */
public final class GgufImport {
  /** What was made; {@code note} is empty, or says that there is no tokenizer and what to copy. */
  public record Result(ModelConfig config, String note) {}

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("self_attn.q_proj.weight", "attn_q.weight"),
          Map.entry("self_attn.k_proj.weight", "attn_k.weight"),
          Map.entry("self_attn.v_proj.weight", "attn_v.weight"),
          Map.entry("self_attn.o_proj.weight", "attn_output.weight"),
          Map.entry("mlp.gate_proj.weight", "ffn_gate.weight"),
          Map.entry("mlp.up_proj.weight", "ffn_up.weight"),
          Map.entry("mlp.down_proj.weight", "ffn_down.weight"),
          Map.entry("input_layernorm.weight", "attn_norm.weight"),
          Map.entry("post_attention_layernorm.weight", "ffn_norm.weight"),
          Map.entry("model.embed_tokens.weight", "token_embd.weight"),
          Map.entry("model.norm.weight", "output_norm.weight"),
          Map.entry("lm_head.weight", "output.weight"));

  private static final int CHUNK = 1 << 20; // elements

  private final Gguf gguf;
  private final ModelConfig config;
  private final DType dtype;

  private GgufImport(Gguf gguf, ModelConfig config, DType dtype) {
    this.gguf = gguf;
    this.config = config;
    this.dtype = dtype;
  }

  /**
   * Writes the folder; {@code config.json} comes last, so that a folder without it is not whole. Everything is checked
   * before the first byte is written.
   *
   * @param dtype F32 or BF16
   */
  public static Result run(Path file, Path folder, DType dtype) {
    if (dtype != DType.F32 && dtype != DType.BF16) {
      throw new LodestoneException("expected F32 or BF16 as type of the weights but found " + dtype);
    }
    try (var gguf = Gguf.open(file)) {
      var described = new GgufConfig(gguf);
      ObjectNode raw = described.config();
      ModelConfig config = ModelConfig.parse(raw, file.toString());
      var job = new GgufImport(gguf, config, dtype);
      job.check();
      var tokenizer = new GgufTokenizer(gguf);
      String obstacle = tokenizer.obstacle();
      ObjectNode tokenizerJson = obstacle.isEmpty() ? checked(tokenizer, config, file) : null;

      boolean made = !Files.exists(folder);
      try {
        job.writeWeights(folder.resolve("model.safetensors"));
        Json.writeFile(folder.resolve("generation_config.json"), described.tokens());
        if (tokenizerJson != null) {
          Json.writeFile(folder.resolve("tokenizer.json"), tokenizerJson);
          Json.writeFile(folder.resolve("tokenizer_config.json"), tokenizer.tokenizerConfig());
        }
        ObjectNode written = config.toJson(raw).put("torch_dtype", dtype == DType.F32 ? "float32" : "bfloat16");
        Json.writeFile(folder.resolve("config.json"), written);
      } catch (RuntimeException e) {
        if (made) {
          removeIfEmpty(folder);
        }
        throw e;
      }
      return new Result(config, obstacle.isEmpty() ? "" : GgufTokenizer.advice(obstacle));
    }
  }

  /** The tokenizer, once the library has accepted it. */
  private static ObjectNode checked(GgufTokenizer tokenizer, ModelConfig config, Path file) {
    tokenizer.requireFits(config.vocabulary());
    ObjectNode json = tokenizer.tokenizer();
    Tokenizer.parse(json.toString(), file + ": tokenizer").close();
    return json;
  }

  /** Every parameter has its tensor with its shape, and every tensor its parameter. */
  private void check() {
    Set<String> used = new HashSet<>(Set.of("rope_freqs.weight"));
    for (ParameterShape parameter : config.parameters()) {
      String name = ggufName(parameter.name());
      Gguf.TensorInfo tensor = gguf.tensors().get(name);
      if (tensor == null) {
        throw new LodestoneException(gguf.file() + ": expected a tensor " + name + " but there is none");
      }
      if (tensor.rows() != parameter.rows() || tensor.columns() != parameter.columns()) {
        throw new LodestoneException(gguf.file() + ": tensor " + name + ": expected the shape " + parameter.rows()
            + " x " + parameter.columns() + " but found " + tensor.rows() + " x " + tensor.columns());
      }
      used.add(name);
    }
    for (String name : gguf.tensors().keySet()) {
      if (!used.contains(name)) {
        throw new LodestoneException(gguf.file() + ": tensor " + name + " has no place in a Llama model");
      }
    }
  }

  private void writeWeights(Path file) {
    try (var out = SafetensorsWriter.create(file, Map.of("format", "pt"))) {
      for (ParameterShape parameter : config.parameters()) {
        out.declare(parameter.name(), dtype, parameter.shape());
      }
      for (ParameterShape parameter : config.parameters()) {
        boolean paired = parameter.name().contains("q_proj") || parameter.name().contains("k_proj");
        int columns = (int) parameter.columns();
        int chunk = paired ? 1 : Math.max(1, CHUNK / columns);
        var values = new float[chunk * columns];
        for (long row = 0; row < parameter.rows(); row += chunk) {
          int rows = (int) Math.min(chunk, parameter.rows() - row);
          gguf.read(gguf.tensors().get(ggufName(parameter.name())), paired ? pairedRow(row) : row, rows, values);
          out.write(parameter.name(), values, 0, rows * columns);
        }
      }
      out.commit();
    }
  }

  /** Where GGUF has row r of q or k: element i of half h of a head stands at 2·i + h. */
  private long pairedRow(long row) {
    long half = config.headDim() / 2;
    long head = row / config.headDim();
    long inHead = row % config.headDim();
    return head * config.headDim() + 2 * (inHead % half) + inHead / half;
  }

  private static String ggufName(String name) {
    String[] parts = name.split("\\.", 4); // model.layers.N.rest
    return parts.length == 4 && parts[1].equals("layers") ? "blk." + parts[2] + "." + NAMES.get(parts[3])
        : NAMES.get(name);
  }

  private static void removeIfEmpty(Path folder) {
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // It holds something: it stays.
    }
  }
}
