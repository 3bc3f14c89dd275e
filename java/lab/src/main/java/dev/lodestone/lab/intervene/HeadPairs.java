package dev.lodestone.lab.intervene;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.lodestone.heads.Head;
import dev.lodestone.io.Json;
import java.util.List;

/** Heads in result files: {@code [[layer, head], ...]}. */
final class HeadPairs {
  private HeadPairs() {}

  static ArrayNode of(List<Head> heads) {
    var pairs = Json.mapper().createArrayNode();
    heads.forEach(head -> pairs.addArray().add(head.layer()).add(head.head()));
    return pairs;
  }

  /** A list of such lists. */
  static ArrayNode ofAll(List<List<Head>> draws) {
    var all = Json.mapper().createArrayNode();
    draws.forEach(draw -> all.add(of(draw)));
    return all;
  }
}
