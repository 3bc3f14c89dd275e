package dev.lodestone.lab.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Head;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** The fields of an object in a result file; one that is missing or of another kind is an error that names both. */
record Fields(JsonNode node, String where) {
  private static final int LONGEST_SHOWN = 60;

  double number(String name) {
    var value = node.path(name);
    if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
      throw expected(name, "a number", value);
    }
    return value.asDouble();
  }

  /** NaN where it is no finite number, such as null for what {@code compare} could not define. */
  double numberOrNaN(String name) {
    var value = node.path(name);
    return value.isNumber() && Double.isFinite(value.asDouble()) ? value.asDouble() : Double.NaN;
  }

  int whole(String name) {
    var value = node.path(name);
    if (!value.isInt()) {
      throw expected(name, "a whole number", value);
    }
    return value.asInt();
  }

  String text(String name) {
    var value = node.path(name);
    if (!value.isTextual()) {
      throw expected(name, "a text", value);
    }
    return value.asText();
  }

  String text(String name, String otherwise) {
    return node.hasNonNull(name) ? node.get(name).asText() : otherwise;
  }

  Fields object(String name) {
    var value = node.path(name);
    if (!value.isObject()) {
      throw expected(name, "an object", value);
    }
    return new Fields(value, where + ", " + name);
  }

  /** The objects of an array, one at least. */
  List<Fields> objects(String name) {
    var array = array(name);
    if (array.isEmpty()) {
      throw expected(name, "an array that is not empty", array);
    }
    return IntStream.range(0, array.size()).mapToObj(i -> {
      var place = name + "[" + i + "]";
      if (!array.get(i).isObject()) {
        throw expected(place, "an object", array.get(i));
      }
      return new Fields(array.get(i), where + ", " + place);
    }).toList();
  }

  double[] numbers(String name) {
    return StreamSupport.stream(array(name).spliterator(), false).mapToDouble(value -> {
      if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
        throw expected(name, "numbers", value);
      }
      return value.asDouble();
    }).toArray();
  }

  /** Heads as {@code [[layer, head], ..]}. */
  List<Head> heads(String name) {
    return StreamSupport.stream(array(name).spliterator(), false).map(pair -> {
      boolean holds = pair.size() == 2 && pair.path(0).isInt() && pair.path(1).isInt() && pair.get(0).asInt() >= 0
          && pair.get(1).asInt() >= 0;
      if (!holds) {
        throw expected(name, "heads as [layer, head]", pair);
      }
      return new Head(pair.get(0).asInt(), pair.get(1).asInt());
    }).toList();
  }

  private JsonNode array(String name) {
    var value = node.path(name);
    if (!value.isArray()) {
      throw expected(name, "an array", value);
    }
    return value;
  }

  private LodestoneException expected(String name, String what, JsonNode found) {
    String shown = found.isMissingNode() ? "nothing" : found.toString();
    return new LodestoneException(where + ": " + name + ": expected " + what + " but found "
        + (shown.length() <= LONGEST_SHOWN ? shown : shown.substring(0, LONGEST_SHOWN) + "..."));
  }
}
