package dev.lodestone.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Figures of samples as they pass by: lengths of prompts in characters (code points) and, where {@code meta.tokens}
 * says so, in tokens, and how many samples have each value of a field of {@code meta}. Fields of many values, such as
 * the index, are not axes and are forgotten, so memory does not grow with the samples. For one thread.
 */
public final class SampleStatistics {
  private static final int MOST_VALUES = 64;

  private final Length characters = new Length();
  private final Length tokens = new Length();
  private final Map<String, Map<String, Long>> axes = new LinkedHashMap<>(); // null values: no axis

  public void add(Sample sample) {
    characters.add(sample.prompt().codePointCount(0, sample.prompt().length()));
    if (sample.meta().path("tokens").isInt()) {
      tokens.add(sample.meta().get("tokens").intValue());
    }
    sample.meta().properties().forEach(field -> {
      if (field.getValue().isValueNode()) {
        count(field.getKey(), field.getValue());
      }
    });
  }

  public long samples() {
    return characters.count;
  }

  private void count(String field, JsonNode value) {
    if (axes.containsKey(field) && axes.get(field) == null) {
      return;
    }
    var values = axes.computeIfAbsent(field, f -> new TreeMap<>(SampleStatistics::compare));
    values.merge(value.asText(), 1L, Long::sum);
    if (values.size() > MOST_VALUES) {
      axes.put(field, null);
    }
  }

  /** Numbers by their size: shorter ones first. */
  private static int compare(String a, String b) {
    return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
  }

  /** Adds the fields {@code characters}, {@code tokens} and {@code axes}. */
  public void putInto(ObjectNode json) {
    characters.putInto(json, "characters");
    tokens.putInto(json, "tokens");
    var fields = json.putObject("axes");
    axes.forEach((name, values) -> {
      if (values != null && !name.equals("tokens") && !name.equals("characters")) {
        var counts = fields.putObject(name);
        values.forEach(counts::put);
      }
    });
  }

  /** The lengths for people, tokens if they are known: {@code 1,874 to 1,988 tokens each}. */
  @Override
  public String toString() {
    return tokens.count > 0 ? tokens.range("tokens") : characters.range("characters");
  }

  private static final class Length {
    private long count;
    private long sum;
    private int least = Integer.MAX_VALUE;
    private int most;

    void add(int length) {
      count++;
      sum += length;
      least = Math.min(least, length);
      most = Math.max(most, length);
    }

    String range(String unit) {
      return count == 0 ? "none" : least == most ? "%,d %s each".formatted(least, unit)
          : "%,d to %,d %s each".formatted(least, most, unit);
    }

    void putInto(ObjectNode json, String name) {
      if (count > 0) {
        json.putObject(name).put("min", least).put("mean", (double) sum / count).put("max", most).put("sum", sum);
      }
    }
  }
}
