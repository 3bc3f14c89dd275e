package dev.lodestone.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * The fields of one JSON object of a data file. Errors name file, line and field:
 * {@code F line 3: spans[0].end: expected ..}.
 */
record Fields(JsonNode node, String where, String path) {
  private static final int LONGEST_SHOWN = 60;

  /** The object of a line. */
  static Fields parse(String text, String where) {
    var node = Json.parse(text, where);
    if (!node.isObject()) {
      throw new LodestoneException(where + ": expected a JSON object but found " + shown(node) + ".");
    }
    return new Fields(node, where, "");
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
