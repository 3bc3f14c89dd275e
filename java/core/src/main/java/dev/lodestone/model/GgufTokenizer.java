package dev.lodestone.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.util.List;
import java.util.Set;

/**
 * Makes {@code tokenizer.json} and {@code tokenizer_config.json} from the metadata of a GGUF file: byte-level BPE, with
 * the way a text is cut into words that {@code tokenizer.ggml.pre} names.
 */
final class GgufTokenizer {
  // Names in llama.cpp (src/llama-vocab.cpp) that stand for the same way of cutting.
  private static final Set<String> GPT2 = Set.of("default", "gpt-2", "gpt2", "phi-2");
  private static final Set<String> DIGITS_THEN_GPT2 = Set.of("smollm", "starcoder", "refact", "command-r", "codeshell");
  private static final Set<String> LLAMA3 = Set.of("llama3", "llama-v3", "llama-bpe");

  private static final String LLAMA3_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final long CONTROL = 3;
  private static final long USER_DEFINED = 4;

  private final GgufMetadata metadata;
  private final List<String> tokens;

  GgufTokenizer(Gguf gguf) {
    metadata = gguf.metadata();
    tokens = metadata.has("tokenizer.ggml.tokens") ? metadata.texts("tokenizer.ggml.tokens") : List.of();
  }

  int size() {
    return tokens.size();
  }

  /** Why this kind of tokenizer cannot be made, or the empty text. */
  String obstacle() {
    String model = metadata.text("tokenizer.ggml.model", "none");
    String pre = metadata.text("tokenizer.ggml.pre", "default");
    if (model.equals("none") || tokens.isEmpty()) {
      return "the file holds none";
    } else if (!model.equals("gpt2")) {
      return "it is of kind \"" + model + "\" and only byte-level BPE (\"gpt2\") can be";
    } else if (!GPT2.contains(pre) && !DIGITS_THEN_GPT2.contains(pre) && !LLAMA3.contains(pre)) {
      return "its way of cutting words is \"" + pre + "\", which is not known here";
    }
    return "";
  }

  ObjectNode tokenizer() {
    String pre = metadata.text("tokenizer.ggml.pre", "default");
    ObjectNode root = Json.mapper().createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    addedTokens(root.putArray("added_tokens"));
    root.putNull("normalizer");
    ObjectNode cut = root.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode steps = cut.putArray("pretokenizers");
    if (LLAMA3.contains(pre)) {
      ObjectNode split = steps.addObject().put("type", "Split");
      split.putObject("pattern").put("Regex", LLAMA3_WORDS);
      split.put("behavior", "Isolated").put("invert", false);
    } else if (DIGITS_THEN_GPT2.contains(pre)) {
      steps.addObject().put("type", "Digits").put("individual_digits", true);
    }
    byteLevel(steps.addObject(), false, !LLAMA3.contains(pre));
    postProcessor(root);
    byteLevel(root.putObject("decoder"), true, true);
    bpe(root.putObject("model"), LLAMA3.contains(pre));
    return root;
  }

  ObjectNode tokenizerConfig() {
    ObjectNode config = Json.mapper().createObjectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    putToken(config, "bos_token", "tokenizer.ggml.bos_token_id");
    putToken(config, "eos_token", "tokenizer.ggml.eos_token_id");
    putToken(config, "pad_token", "tokenizer.ggml.padding_token_id");
    putToken(config, "unk_token", "tokenizer.ggml.unknown_token_id");
    config.put("add_prefix_space", false);
    config.put("clean_up_tokenization_spaces", false);
    config.put("model_max_length", metadata.integer("llama.context_length", 1, Integer.MAX_VALUE, null));
    if (metadata.has("tokenizer.chat_template")) {
      config.put("chat_template", metadata.text("tokenizer.chat_template", ""));
    }
    return config;
  }

  private void addedTokens(ArrayNode added) {
    if (!metadata.has("tokenizer.ggml.token_type")) {
      return;
    }
    List<Long> types = metadata.integers("tokenizer.ggml.token_type");
    if (types.size() != tokens.size()) {
      throw metadata.bad("tokenizer.ggml.token_type", tokens.size() + " entries, one a token", types.size());
    }
    for (int id = 0; id < types.size(); id++) {
      long type = types.get(id);
      if (type == CONTROL || type == USER_DEFINED) {
        added.addObject().put("id", id).put("content", tokens.get(id)).put("single_word", false).put("lstrip", false)
            .put("rstrip", false).put("normalized", false).put("special", type == CONTROL);
      }
    }
  }

  /** Adds the first and last token where the file asks for them. */
  private void postProcessor(ObjectNode root) {
    boolean bos = metadata.flag("tokenizer.ggml.add_bos_token", false);
    boolean eos = metadata.flag("tokenizer.ggml.add_eos_token", false);
    if (!bos && !eos) {
      root.putNull("post_processor");
      return;
    }
    ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    ObjectNode special = template.putObject("special_tokens");
    for (int part = 0; part < 2; part++) {
      for (ArrayNode pieces : part == 0 ? List.of(single, pair) : List.of(pair)) {
        if (bos) {
          special(pieces, special, "tokenizer.ggml.bos_token_id", part);
        }
        pieces.addObject().putObject("Sequence").put("id", part == 0 ? "A" : "B").put("type_id", part);
        if (eos) {
          special(pieces, special, "tokenizer.ggml.eos_token_id", part);
        }
      }
    }
  }

  private void special(ArrayNode pieces, ObjectNode special, String key, int part) {
    int id = id(key);
    String token = tokens.get(id);
    pieces.addObject().putObject("SpecialToken").put("id", token).put("type_id", part);
    ObjectNode entry = special.putObject(token).put("id", token);
    entry.putArray("ids").add(id);
    entry.putArray("tokens").add(token);
  }

  private void bpe(ObjectNode model, boolean ignoreMerges) {
    model.put("type", "BPE").putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix")
        .putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false)
        .put("ignore_merges", ignoreMerges);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      if (vocabulary.has(tokens.get(id))) {
        throw metadata.bad("tokenizer.ggml.tokens", "different tokens", "\"" + tokens.get(id) + "\" twice");
      }
      vocabulary.put(tokens.get(id), id);
    }
    ArrayNode merges = model.putArray("merges");
    for (String merge : metadata.texts("tokenizer.ggml.merges")) {
      String[] parts = merge.split(" ", -1);
      if (parts.length != 2 || !vocabulary.has(parts[0]) || !vocabulary.has(parts[1])
          || !vocabulary.has(parts[0] + parts[1])) {
        throw metadata.bad("tokenizer.ggml.merges", "two tokens that together are a token", "\"" + merge + "\"");
      }
      merges.addArray().add(parts[0]).add(parts[1]);
    }
  }

  private static void byteLevel(ObjectNode node, boolean prefixSpace, boolean regex) {
    node.put("type", "ByteLevel").put("add_prefix_space", prefixSpace).put("trim_offsets", true)
        .put("use_regex", regex);
  }

  private void putToken(ObjectNode config, String name, String key) {
    if (metadata.has(key)) {
      config.put(name, tokens.get(id(key)));
    }
  }

  private int id(String key) {
    return (int) metadata.integer(key, 0, tokens.size() - 1, null);
  }

  /** What to say when there is no tokenizer in the folder that was made. */
  static String advice(String obstacle) {
    return "no tokenizer.json was made from the GGUF file (" + obstacle + "): copy tokenizer.json and"
        + " tokenizer_config.json from the original model's folder";
  }

  /** That the tokenizer belongs to the embedding. */
  void requireFits(long vocabulary) {
    if (tokens.size() > vocabulary) {
      throw metadata.bad("tokenizer.ggml.tokens", "at most " + vocabulary + " tokens, as the embedding has rows",
          tokens.size());
    }
  }
}
