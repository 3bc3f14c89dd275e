package dev.lodestone.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import java.util.function.Predicate;

/** Reads fields of a configuration with errors that name the place, the field, what was expected and found. */
record Fields(JsonNode node, String where) {
  boolean has(String name) {
    return node.hasNonNull(name);
  }

  /** Null and missing are the same. */
  Fields child(String name) {
    JsonNode child = node.get(name);
    if (!child.isObject()) {
      throw bad(name, "an object", child);
    }
    return new Fields(child, where + ": " + name);
  }

  int size(String name, int largest) {
    return integer(name, 1, largest, null);
  }

  int size(String name, int largest, int otherwise) {
    return integer(name, 1, largest, otherwise);
  }

  int integer(String name, int least, int largest, Integer otherwise) {
    return get(name, otherwise, "a whole number from " + least + " to " + largest, n -> isInteger(n, least, largest),
        JsonNode::intValue);
  }

  double number(String name, double least, Double otherwise) {
    return get(name, otherwise, "a number of at least " + least, n -> n.isNumber() && n.doubleValue() >= least
        && Double.isFinite(n.doubleValue()), JsonNode::doubleValue);
  }

  boolean flag(String name, boolean otherwise) {
    return get(name, otherwise, "true or false", JsonNode::isBoolean, JsonNode::booleanValue);
  }

  String text(String name, String otherwise) {
    return get(name, otherwise, "a text", JsonNode::isTextual, JsonNode::textValue);
  }

  LodestoneException bad(String name, String expected, Object found) {
    String text = String.valueOf(found);
    String shown = text.length() <= 100 ? text : text.substring(0, 100) + "...";
    return new LodestoneException(where + ": " + name + ": expected " + expected + " but found " + shown);
  }

  private <T> T get(String name, T otherwise, String expected, Predicate<JsonNode> valid,
      java.util.function.Function<JsonNode, T> value) {
    if (!has(name)) {
      if (otherwise == null) {
        throw bad(name, expected, "nothing");
      }
      return otherwise;
    }
    if (!valid.test(node.get(name))) {
      throw bad(name, expected, node.get(name));
    }
    return value.apply(node.get(name));
  }

  private static boolean isInteger(JsonNode node, int least, int largest) {
    return node.isIntegralNumber() && node.canConvertToInt() && node.intValue() >= least && node.intValue() <= largest;
  }
}
