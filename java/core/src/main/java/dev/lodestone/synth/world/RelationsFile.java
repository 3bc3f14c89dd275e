package dev.lodestone.synth.world;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads and checks {@code {"relations": [..], "connectives": [..], "titles": [..]}}. */
final class RelationsFile {
  private static final String PERIOD = ".";
  private static final String QUESTION_MARK = "?";

  private final String where;

  private RelationsFile(String where) {
    this.where = where;
  }

  static Relations parse(JsonNode file, String where) {
    return new RelationsFile(where).relations(file);
  }

  private Relations relations(JsonNode file) {
    List<Relation> relations = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (var node : array(file, "relations", where + ": ", 1)) {
      var id = text(node.path("id"), where + ": relations[" + relations.size() + "].id");
      if (!ids.add(id)) {
        throw bad(where + ": relations[" + relations.size() + "].id", "an id of its own", id + " again");
      }
      var place = where + ": relation " + id + ": ";
      relations.add(new Relation(id, type(node, "subject", place), type(node, "object", place),
          templates(node, "statements", place, true, PERIOD), templates(node, "questions", place, false, QUESTION_MARK),
          templates(node, "phrases", place, false, "")));
    }
    return new Relations(relations, texts(file, "connectives", where + ": "),
        templates(file, "titles", where + ": ", false, ""));
  }

  private static EntityType type(JsonNode relation, String field, String place) {
    var name = text(relation.path(field), place + field);
    return Arrays.stream(EntityType.values()).filter(t -> t.name().toLowerCase(Locale.ROOT).equals(name)).findFirst()
        .orElseThrow(() -> bad(place + field, "one of " + Arrays.toString(EntityType.values()).toLowerCase(Locale.ROOT),
            name));
  }

  /** Texts with each of their slots once; a question does not begin with one. */
  private static List<String> templates(JsonNode node, String field, String place, boolean object, String end) {
    var texts = texts(node, field, place);
    for (int i = 0; i < texts.size(); i++) {
      var text = texts.get(i);
      var at = place + field + "[" + i + "]";
      if (count(text, Template.SUBJECT) != 1 || count(text, Template.OBJECT) != (object ? 1 : 0)
          || count(text, "{") != (object ? 2 : 1)) {
        throw bad(at, "one {subject}" + (object ? ", one {object}" : "") + " and no other slot", text);
      }
      if (!text.endsWith(end)) {
        throw bad(at, "a \"" + end + "\" at its end", text);
      }
      if (end.equals(QUESTION_MARK) && text.startsWith(Template.SUBJECT)) {
        throw bad(at, "a word before {subject}, which may become a phrase in small letters", text);
      }
    }
    return texts;
  }

  private static List<String> texts(JsonNode node, String field, String place) {
    List<String> texts = new ArrayList<>();
    for (var item : array(node, field, place, 2)) {
      texts.add(text(item, place + field + "[" + texts.size() + "]"));
    }
    return texts;
  }

  private static JsonNode array(JsonNode node, String field, String place, int least) {
    var array = node.path(field);
    if (!array.isArray() || array.size() < least) {
      throw bad(place + field, "an array of at least " + least + (least > 1 ? ", one for each split," : ""),
          array.isMissingNode() ? "nothing" : array.toString());
    }
    return array;
  }

  private static String text(JsonNode value, String place) {
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw bad(place, "a text", value.isMissingNode() ? "nothing" : value.toString());
    }
    return value.textValue();
  }

  private static int count(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
      count++;
    }
    return count;
  }

  private static LodestoneException bad(String place, String expected, String found) {
    return new LodestoneException(place + ": expected " + expected + " but found "
        + (found.length() <= 80 ? found : found.substring(0, 80) + "...") + ".");
  }
}
