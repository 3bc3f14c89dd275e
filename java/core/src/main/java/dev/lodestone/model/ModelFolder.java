package dev.lodestone.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.DType;
import dev.lodestone.io.Json;
import dev.lodestone.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * A model as Hugging Face lays it out: {@code config.json}, one or several safetensors files, and beside them what
 * belongs to the tokenizer. Weights are opened when the first is asked for.
 */
public final class ModelFolder implements AutoCloseable {
  /** Where a parameter's data are. */
  public record Tensor(Safetensors file, Safetensors.Entry entry) {}

  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
          "generation_config.json", "chat_template.jinja", "tokenizer.model", "vocab.json", "merges.txt");

  private final Path path;
  private final Path configFile;
  private final JsonNode rawConfig;
  private final ModelConfig config;
  private Weights weights;

  private ModelFolder(Path path, String configFileName) {
    if (!Files.isDirectory(path)) {
      throw new LodestoneException("expected a model folder but " + path
          + (Files.exists(path) ? " is a file" : " does not exist"));
    }
    this.path = path;
    configFile = path.resolve(configFileName);
    rawConfig = Json.readFile(configFile);
    config = ModelConfig.parse(rawConfig, configFile.toString());
  }

  public static ModelFolder open(Path folder) {
    return open(folder, "config.json");
  }

  /** With another configuration file of the folder, e.g. one of the same model with other rotary positions. */
  public static ModelFolder open(Path folder, String configFileName) {
    return new ModelFolder(folder, configFileName);
  }

  public ModelConfig config() {
    return config;
  }

  /** The configuration file as it stands, for the fields that {@link #config} does not know. */
  public JsonNode rawConfig() {
    return rawConfig;
  }

  public Path path() {
    return path;
  }

  /** Ids that end a text: {@code eos_token_id} of the configuration and of {@code generation_config.json}. */
  public Set<Integer> endTokens() {
    var ids = new TreeSet<Integer>();
    addIds(ids, rawConfig.path("eos_token_id"));
    addIds(ids, generationConfig().path("eos_token_id"));
    return ids;
  }

  /** The id that texts begin with, where the configuration names one. */
  public OptionalInt bosToken() {
    JsonNode id = rawConfig.hasNonNull("bos_token_id") ? rawConfig.path("bos_token_id")
        : generationConfig().path("bos_token_id");
    var ids = new TreeSet<Integer>();
    addIds(ids, id);
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.first());
  }

  public boolean hasTokenizer() {
    return Files.isRegularFile(tokenizerFile());
  }

  /** {@code tokenizer.json}, whether or not it is there. */
  public Path tokenizerFile() {
    return path.resolve("tokenizer.json");
  }

  /** The tensor of that name; {@link LodestoneException} if no file of the folder has it. */
  public Tensor tensor(String name) {
    return weights().tensor(name);
  }

  /** That every parameter of the configuration is there, with its shape and as F32, F16 or BF16. */
  public void check() {
    for (ParameterShape parameter : config.parameters()) {
      Tensor tensor = tensor(parameter.name());
      Safetensors.Entry entry = tensor.entry();
      if (!Arrays.equals(entry.shape(), parameter.shape())) {
        throw new LodestoneException(tensor.file().file() + ": tensor " + parameter.name() + ": expected shape "
            + Arrays.toString(parameter.shape()) + ", as " + configFile.getFileName() + " says, but found "
            + Arrays.toString(entry.shape()));
      }
      if (!entry.dtype().isWeight()) {
        throw new LodestoneException(tensor.file().file() + ": tensor " + parameter.name() + ": expected " + DType.F32
            + ", " + DType.F16 + " or " + DType.BF16 + " but found " + entry.dtype());
      }
    }
  }

  /** Copies what belongs to the tokenizer and to generation, as far as it is there. */
  public static void copyTokenizer(Path from, Path to) {
    for (String name : TOKENIZER_FILES) {
      Path file = from.resolve(name);
      if (!Files.isRegularFile(file)) {
        continue;
      }
      try (var out = AtomicOutput.open(to.resolve(name))) {
        Files.copy(file, out.stream());
        out.commit();
      } catch (IOException e) {
        throw new LodestoneException("cannot copy " + file + " to " + to + ": " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void close() {
    if (weights != null) {
      weights.close();
    }
  }

  private synchronized Weights weights() {
    if (weights == null) {
      weights = Weights.open(path);
    }
    return weights;
  }

  private JsonNode generationConfig() {
    Path file = path.resolve("generation_config.json");
    return Files.isRegularFile(file) ? Json.readFile(file) : Json.mapper().createObjectNode();
  }

  private void addIds(Set<Integer> ids, JsonNode node) {
    for (JsonNode id : node.isArray() ? node : List.of(node)) {
      if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0 && id.intValue() < config.vocabulary()) {
        ids.add(id.intValue());
      } else if (!id.isNull() && !id.isMissingNode()) {
        throw new LodestoneException(path + ": expected token ids below the vocabulary of " + config.vocabulary()
            + " as eos_token_id and bos_token_id but found " + id);
      }
    }
  }
}
