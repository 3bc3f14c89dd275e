package dev.lodestone.model;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The fields of a GGUF file by key, with errors that name the file, the key, what was expected and found. */
public final class GgufMetadata {
  private final Map<String, Object> fields; // Long, Double, Boolean, String, List
  private final String where;

  GgufMetadata(Map<String, Object> fields, String where) {
    this.fields = fields;
    this.where = where;
  }

  public Set<String> keys() {
    return Collections.unmodifiableSet(fields.keySet());
  }

  public boolean has(String key) {
    return fields.containsKey(key);
  }

  public String text(String key, String otherwise) {
    return get(key, String.class, "a text", otherwise);
  }

  public boolean flag(String key, boolean otherwise) {
    return get(key, Boolean.class, "true or false", otherwise);
  }

  /** {@code otherwise} null: the field must be there. */
  public long integer(String key, long least, long largest, Long otherwise) {
    String expected = least == largest ? String.valueOf(least) : "a whole number from " + least + " to " + largest;
    long value = get(key, Long.class, expected, otherwise);
    if (value < least || value > largest) {
      throw bad(key, expected, value);
    }
    return value;
  }

  public double number(String key, Double otherwise) {
    return get(key, Double.class, "a number", otherwise);
  }

  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (Object value : get(key, List.class, "a list of texts", null)) {
      if (!(value instanceof String text)) {
        throw bad(key, "a list of texts", value);
      }
      texts.add(text);
    }
    return texts;
  }

  public List<Long> integers(String key) {
    List<Long> numbers = new ArrayList<>();
    for (Object value : get(key, List.class, "a list of whole numbers", null)) {
      if (!(value instanceof Long number)) {
        throw bad(key, "a list of whole numbers", value);
      }
      numbers.add(number);
    }
    return numbers;
  }

  private <T> T get(String key, Class<T> type, String expected, T otherwise) {
    Object value = fields.getOrDefault(key, otherwise);
    if (!type.isInstance(value)) {
      throw bad(key, expected, value == null ? "nothing" : value instanceof List ? "a list" : value);
    }
    return type.cast(value);
  }

  LodestoneException bad(String key, String expected, Object found) {
    String text = String.valueOf(found).replaceAll("\\p{Cntrl}", "?");
    String shown = text.length() <= 100 ? text : text.substring(0, 100) + "...";
    return new LodestoneException(where + ": " + key + ": expected " + expected + " but found " + shown);
  }
}
