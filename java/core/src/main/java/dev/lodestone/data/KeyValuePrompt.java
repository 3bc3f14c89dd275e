package dev.lodestone.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Key-value retrieval from a JSON object, rendered as Lost in the Middle does it (Liu et al. 2023, arXiv 2307.03172;
 * the wording is its published prompt, MIT licence). Spans: {@code needle} for the pair that is asked for, {@code key}
 * and {@code answer} for its two strings, {@code query} for the key in the question.
 */
public final class KeyValuePrompt {
  /** One entry of the object. */
  public record Pair(String key, String value) {}

  private KeyValuePrompt() {}

  /**
   * @param gold which pair is asked for, from 0
   * @param queryAware whether the key is named before the data too
   */
  public static Sample render(String id, List<Pair> pairs, int gold, boolean queryAware, ObjectNode meta) {
    var key = pairs.get(gold).key();
    var prompt = new PromptBuilder()
        .add("Extract the value corresponding to the specified key in the JSON object below.\n\n");
    if (queryAware) {
      prompt.add("Key: \"" + key + "\"\n\n");
    }
    prompt.add("JSON data:\n");
    for (int i = 0; i < pairs.size(); i++) {
      prompt.add(i == 0 ? "{" : " ");
      addPair(prompt, pairs.get(i), i == gold);
      prompt.add(i == pairs.size() - 1 ? "}" : ",\n");
    }
    return prompt.add("\n\nKey: \"").add("query", key).add("\"\nCorresponding value:")
        .build(id, "kv", List.of(pairs.get(gold).value()), meta);
  }

  private static void addPair(PromptBuilder prompt, Pair pair, boolean gold) {
    if (!gold) {
      prompt.add("\"" + pair.key() + "\": \"" + pair.value() + "\"");
      return;
    }
    int start = prompt.position();
    prompt.add("\"").add("key", pair.key()).add("\": \"").add("answer", pair.value()).add("\"");
    prompt.mark("needle", start, prompt.position());
  }
}
