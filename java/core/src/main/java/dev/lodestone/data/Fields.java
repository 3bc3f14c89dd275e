package dev.lodestone.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The fields of one JSON object of a data file. Errors name file, line and field:
 * {@code F line 3: spans[0].end: expected ..}.
 */
record Fields(JsonNode node, String where, String path) {
  private static final int LONGEST_SHOWN = 60;

  /** The object of a line. */
  static Fields parse(String text, String where) {
    return of(Json.parse(text, where), where);
  }

  /** Of a value that has been read; it must be an object. */
  static Fields of(JsonNode node, String where) {
    if (!node.isObject()) {
      throw new LodestoneException(where + ": expected a JSON object but found " + shown(node) + ".");
    }
    return new Fields(node, where, "");
  }

  /**
   * The records of a file, a JSON object a line, gzip or plain; blank lines are passed over.
   *
   * @param reader makes a record of a line and its place, from 0
   * @param key what no two records may share; null if they may share all
   */
  static <T> List<T> readLines(Path file, BiFunction<Fields, Integer, T> reader, Function<T, String> key) {
    List<T> records = new ArrayList<>();
    var seen = new HashSet<String>();
    Lines.forEach(file, (number, text) -> {
      if (!text.isBlank()) {
        var where = file + " line " + number;
        var record = reader.apply(parse(text, where), records.size());
        if (key != null && !seen.add(key.apply(record))) {
          throw new LodestoneException(where + ": id: expected an id that was not there before but found "
              + key.apply(record) + ".");
        }
        records.add(record);
      }
    });
    return records;
  }

  /** Null counts as not there. */
  boolean has(String name) {
    return node.hasNonNull(name);
  }

  String text(String name) {
    var value = node.get(name);
    if (value == null || !value.isTextual()) {
      throw bad(name, "a text", value);
    }
    return value.textValue();
  }

  /** A text or a number; the default if it is not there. */
  String label(String name, String otherwise) {
    var value = node.get(name);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (!value.isValueNode() || value.isBoolean()) {
      throw bad(name, "a text or a number", value);
    }
    return value.asText();
  }

  boolean flag(String name, boolean otherwise) {
    var value = node.get(name);
    if (value != null && !value.isNull() && !value.isBoolean()) {
      throw bad(name, "true or false", value);
    }
    return value == null || value.isNull() ? otherwise : value.booleanValue();
  }

  /** An object; an empty one if it is not there. */
  ObjectNode object(String name) {
    var value = node.get(name);
    if (value != null && !value.isNull() && !value.isObject()) {
      throw bad(name, "an object", value);
    }
    return value instanceof ObjectNode object ? object : Json.mapper().createObjectNode();
  }

  /** An object with fields of its own; an empty one if it is not there. */
  Fields child(String name) {
    return new Fields(object(name), where, path + name + ".");
  }

  /** An integer of 32 bits from least to most. */
  int integer(String name, long least, long most) {
    return integer(node.get(name), name, least, most);
  }

  private int integer(JsonNode value, String name, long least, long most) {
    if (value == null || !value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least
        || value.intValue() > most) {
      throw bad(name, "a whole number from " + least + " to " + most, value);
    }
    return value.intValue();
  }

  /** An array of integers, each from least to most, or exactly {@code special}. */
  int[] integers(String name, long least, long most, int special) {
    var array = array(name);
    var values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      var value = array.get(i);
      boolean isSpecial = value.isIntegralNumber() && value.canConvertToInt() && value.intValue() == special;
      values[i] = isSpecial ? special : integer(value, name + "[" + i + "]", least, most);
    }
    return values;
  }

  /** An array of texts; empty if it is not there. */
  List<String> texts(String name) {
    List<String> values = new ArrayList<>();
    if (has(name)) {
      for (var value : array(name)) {
        if (!value.isTextual()) {
          throw bad(name + "[" + values.size() + "]", "a text", value);
        }
        values.add(value.textValue());
      }
    }
    return values;
  }

  /** An array of objects. */
  List<Fields> objects(String name) {
    List<Fields> values = new ArrayList<>();
    for (var value : array(name)) {
      var place = name + "[" + values.size() + "]";
      if (!value.isObject()) {
        throw bad(place, "an object", value);
      }
      values.add(new Fields(value, where, path + place + "."));
    }
    return values;
  }

  /** An array of arrays of a fixed size. */
  List<Tuple> tuples(String name, int size) {
    List<Tuple> values = new ArrayList<>();
    for (var value : array(name)) {
      var place = name + "[" + values.size() + "]";
      if (!value.isArray() || value.size() != size) {
        throw bad(place, "an array of " + size, value);
      }
      values.add(new Tuple(this, place, value));
    }
    return values;
  }

  /** An array whose places have meanings of their own. */
  record Tuple(Fields owner, String place, JsonNode node) {
    String text(int i) {
      if (!node.get(i).isTextual()) {
        throw owner.bad(place + "[" + i + "]", "a text", node.get(i));
      }
      return node.get(i).textValue();
    }

    /** At least 0. */
    int integer(int i) {
      return owner.integer(node.get(i), place + "[" + i + "]", 0, Integer.MAX_VALUE);
    }

    List<String> texts(int i) {
      if (!node.get(i).isArray()) {
        throw owner.bad(place + "[" + i + "]", "an array", node.get(i));
      }
      List<String> values = new ArrayList<>();
      for (var value : node.get(i)) {
        if (!value.isTextual()) {
          throw owner.bad(place + "[" + i + "][" + values.size() + "]", "a text", value);
        }
        values.add(value.textValue());
      }
      return values;
    }
  }

  JsonNode array(String name) {
    var value = node.get(name);
    if (value == null || !value.isArray()) {
      throw bad(name, "an array", value);
    }
    return value;
  }

  LodestoneException bad(String name, String expected, Object found) {
    return new LodestoneException(where + ": " + path + name + ": expected " + expected + " but found "
        + (found == null ? "nothing" : shown(found)) + ".");
  }

  private static String shown(Object found) {
    var text = String.valueOf(found);
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
  }
}
