package dev.lodestone.lab.study;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A value of a study file, and where it stands: {@code study.yaml: tasks.mdqa.generate}. Whatever is wrong with it is a
 * {@link LodestoneException} that begins so.
 */
record Place(JsonNode node, String file, String path) {
  /** Names become labels, parts of lists that are split at commas, and rows of tables. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]*");

  /** The value of a key; missing or empty counts as not there. */
  Place at(String key) {
    return new Place(node.path(key), file, path.isEmpty() ? key : path + "." + key);
  }

  boolean isThere() {
    return !node.isMissingNode() && !node.isNull();
  }

  LodestoneException wrong(String sentence) {
    return new LodestoneException(file + ": " + (path.isEmpty() ? "" : path + ": ") + sentence);
  }

  /** An object with these keys alone; nothing there is an object without keys. */
  Place expectKeys(List<String> known) {
    for (var key : entries().keySet()) {
      if (!known.contains(key)) {
        throw at(key).wrong("unknown key; expected " + String.join(", ", known));
      }
    }
    return this;
  }

  /** The entries of an object in their order; none where nothing is there. */
  Map<String, Place> entries() {
    if (isThere() && !node.isObject()) {
      throw wrong("expected keys with values but found " + node);
    }
    var entries = new LinkedHashMap<String, Place>();
    node.fieldNames().forEachRemaining(key -> entries.put(key, at(key)));
    return entries;
  }

  /** The same of an object whose keys are names of the user's. */
  Map<String, Place> named() {
    var entries = entries();
    entries.forEach((name, place) -> {
      if (!NAME.matcher(name).matches()) {
        throw place.wrong("expected a name of letters, digits and . _ + - but found '" + name + "'");
      }
    });
    return entries;
  }

  /** A single value or the values of a list, as text. */
  List<String> texts() {
    var texts = new ArrayList<String>();
    for (JsonNode item : node.isArray() ? node : List.of(node)) {
      if (!item.isValueNode() || item.isNull()) {
        throw wrong("expected a value or a list of values but found " + node);
      }
      texts.add(item.asText());
    }
    return texts;
  }

  String text() {
    if (!node.isValueNode() || !isThere()) {
      throw wrong("expected a value but found " + (node.isMissingNode() ? "none" : node));
    }
    return node.asText();
  }

  /** Whole numbers of at least {@code least}; those given where nothing is there. */
  List<Long> wholes(long least, List<Long> otherwise) {
    if (!isThere()) {
      return otherwise;
    }
    return texts().stream().map(text -> {
      try {
        long value = Long.parseLong(text);
        if (value >= least) {
          return value;
        }
      } catch (NumberFormatException e) {
        // falls through to the sentence below
      }
      throw wrong("expected whole numbers of " + least + " or more but found '" + text + "'");
    }).distinct().toList();
  }
}
