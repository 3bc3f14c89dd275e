package dev.lodestone.peer;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;

/** The numbers of a case: {@code rows=8192 width=576}. */
record Shape(Map<String, Long> values) {
  static Shape parse(String[] words) {
    var values = new TreeMap<String, Long>();
    for (int i = 1; i < words.length; i++) {
      String[] pair = words[i].split("=", 2);
      try {
        values.put(pair[0], Long.parseLong(pair[1]));
      } catch (RuntimeException e) {
        throw new NoSuchElementException("expected name=number but found '" + words[i] + "'");
      }
    }
    return new Shape(values);
  }

  long get(String name) {
    Long value = values.get(name);
    if (value == null) {
      throw new NoSuchElementException("needs " + name + "=, found " + values.keySet());
    }
    return value;
  }

  long get(String name, long otherwise) {
    return values.getOrDefault(name, otherwise);
  }
}
