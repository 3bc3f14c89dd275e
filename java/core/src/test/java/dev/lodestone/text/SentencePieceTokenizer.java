package dev.lodestone.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A tokenizer of the kind of Llama 2: BPE over characters, a blank is U+2581 and one stands before the text, characters
 * that it does not know become their bytes. Its merges are learned from a text.
 */
public final class SentencePieceTokenizer {
  private static final String BLANK = "\u2581";

  private SentencePieceTokenizer() {}

  /** A {@code tokenizer.json} with that many merges. */
  public static ObjectNode json(String text, int merges) {
    var root = (ObjectNode) Json.parse("""
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "pre_tokenizer": null,
         "normalizer": {"type": "Sequence", "normalizers": [
           {"type": "Prepend", "prepend": "\u2581"},
           {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
         "post_processor": null,
         "decoder": {"type": "Sequence", "decoders": [
           {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
           {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
         "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
                   "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false}}
        """, "test");
    var model = (ObjectNode) root.get("model");
    var vocabulary = model.putObject("vocab").put("<unk>", 0);
    for (int b = 0; b < 256; b++) {
      vocabulary.put("<0x%02X>".formatted(b), vocabulary.size());
    }
    Map<List<String>, Integer> words = words(text);
    var characters = new TreeSet<String>();
    words.keySet().forEach(characters::addAll);
    characters.forEach(c -> vocabulary.put(c, vocabulary.size()));
    for (int i = 0; i < merges; i++) {
      var pair = mostFrequentPair(words);
      model.withArray("merges").addArray().add(pair.get(0)).add(pair.get(1));
      vocabulary.put(pair.get(0) + pair.get(1), vocabulary.size());
      words = merged(words, pair);
    }
    return root;
  }

  private static Map<List<String>, Integer> words(String text) {
    Map<List<String>, Integer> words = new LinkedHashMap<>();
    for (var word : text.split("\\s+")) {
      words.merge((BLANK + word).codePoints().mapToObj(Character::toString).toList(), 1, Integer::sum);
    }
    return words;
  }

  /** Among equals the first in order of the text. */
  private static List<String> mostFrequentPair(Map<List<String>, Integer> words) {
    Map<List<String>, Integer> pairs = new LinkedHashMap<>();
    words.forEach((word, count) -> {
      for (int i = 0; i + 1 < word.size(); i++) {
        pairs.merge(List.of(word.get(i), word.get(i + 1)), count, Integer::sum);
      }
    });
    return pairs.entrySet().stream().reduce((a, b) -> b.getValue() > a.getValue() ? b : a).orElseThrow().getKey();
  }

  private static Map<List<String>, Integer> merged(Map<List<String>, Integer> words, List<String> pair) {
    Map<List<String>, Integer> result = new LinkedHashMap<>();
    words.forEach((word, count) -> {
      var parts = new ArrayList<String>();
      for (int i = 0; i < word.size(); i++) {
        boolean joins = i + 1 < word.size() && word.get(i).equals(pair.get(0)) && word.get(i + 1).equals(pair.get(1));
        parts.add(joins ? pair.get(0) + pair.get(1) : word.get(i));
        i += joins ? 1 : 0;
      }
      result.merge(parts, count, Integer::sum);
    });
    return result;
  }
}
