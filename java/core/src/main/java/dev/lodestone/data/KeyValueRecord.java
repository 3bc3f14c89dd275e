package dev.lodestone.data;

import dev.lodestone.data.KeyValuePrompt.Pair;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * A line of Lost in the Middle's key-value retrieval: {@code ordered_kv_records}, {@code key}, {@code value}.
 *
 * @param gold which pair is asked for, from 0
 */
public record KeyValueRecord(List<Pair> pairs, int gold) {
  public KeyValueRecord {
    pairs = List.copyOf(pairs);
  }

  static KeyValueRecord of(Fields line) {
    List<Pair> pairs = new ArrayList<>();
    var keys = new HashSet<String>();
    int gold = -1;
    var key = line.text("key");
    for (var pair : line.array("ordered_kv_records")) {
      var place = "ordered_kv_records[" + pairs.size() + "]";
      if (!pair.isArray() || pair.size() != 2 || !pair.get(0).isTextual() || !pair.get(1).isTextual()) {
        throw line.bad(place, "a key and a value", pair);
      }
      if (!keys.add(pair.get(0).textValue())) {
        throw line.bad(place, "a key that was not there before", pair);
      }
      gold = pair.get(0).textValue().equals(key) ? pairs.size() : gold;
      pairs.add(new Pair(pair.get(0).textValue(), pair.get(1).textValue()));
    }
    if (gold < 0 || !pairs.get(gold).value().equals(line.text("value"))) {
      throw line.bad("key", "a key of ordered_kv_records that has the value " + line.text("value"), key);
    }
    return new KeyValueRecord(pairs, gold);
  }

  /** As the published prompt puts it. */
  public Sample render(String id, boolean queryAware) {
    var meta = Json.mapper().createObjectNode().put("pairs", pairs.size()).put("gold", gold);
    return KeyValuePrompt.render(id, pairs, gold, queryAware, meta);
  }
}
