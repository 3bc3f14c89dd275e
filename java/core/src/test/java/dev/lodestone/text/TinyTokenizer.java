package dev.lodestone.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A byte-level BPE tokenizer of 265 tokens: two special ones, the 256 bytes, seven merged ones. */
public final class TinyTokenizer {
  public static final int START = 0;
  public static final int END = 1;

  private TinyTokenizer() {}

  /** By id, as they stand in a vocabulary. */
  public static List<String> tokens() {
    List<String> tokens = new ArrayList<>(List.of("<|start|>", "<|end|>"));
    for (int b = 0; b < 256; b++) {
      tokens.add(String.valueOf(letter(b)));
    }
    merges().forEach(merge -> tokens.add(merge.replace(" ", "")));
    return tokens;
  }

  /** The last one joins half of a character to the space before it. */
  public static List<String> merges() {
    return List.of("t h", "th e", "Ġ the", "i n", "Ġ in", "å ľ", "Ġ å");
  }

  /** A {@code tokenizer.json}. */
  public static ObjectNode json() {
    ObjectNode root = (ObjectNode) Json.parse("""
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
         "post_processor": null,
         "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
         "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                   "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false}}
        """, "test");
    for (int id : new int[] {START, END}) {
      root.withArray("added_tokens").addObject().put("id", id).put("content", tokens().get(id))
          .put("single_word", false).put("lstrip", false).put("rstrip", false).put("normalized", false)
          .put("special", true);
    }
    ObjectNode model = (ObjectNode) root.get("model");
    ObjectNode vocabulary = model.putObject("vocab");
    List<String> tokens = tokens();
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    merges().forEach(merge -> model.withArray("merges").addArray().add(merge.split(" ")[0]).add(merge.split(" ")[1]));
    return root;
  }

  /** The bytes of text that a token stands for. */
  public static byte[] bytes(int id) {
    String token = tokens().get(id);
    if (id <= END) {
      return token.getBytes(StandardCharsets.UTF_8);
    }
    var bytes = new ByteArrayOutputStream();
    for (char letter : token.toCharArray()) {
      int b = 0;
      while (letter(b) != letter) {
        b++;
      }
      bytes.write(b);
    }
    return bytes.toByteArray();
  }

  /** GPT-2's letter for a byte: itself where it can be seen, else the next free one from U+0100 on. */
  private static char letter(int b) {
    return isSeen(b) ? (char) b : (char) (256 + unseenBefore(b));
  }

  private static boolean isSeen(int b) {
    return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
  }

  private static int unseenBefore(int b) {
    int count = 0;
    for (int i = 0; i < b; i++) {
      count += isSeen(i) ? 0 : 1;
    }
    return count;
  }
}
