package dev.lodestone.synth;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A sentence to hide, the question that asks for it, and the part of the sentence that answers it.
 *
 * @param answer stands in the needle, letter case and a final full stop aside
 */
public record NeedleText(String id, String needle, String question, String answer) {
  private static final List<String> QUALITIES = List.of("amber", "brass", "crimson", "dusty", "emerald", "frozen",
      "gilded", "hollow", "ivory", "jagged", "knotted", "lunar", "mossy", "northern", "oaken", "painted", "quiet",
      "rusted", "silver", "tidal", "upper", "velvet", "winding", "yellow");
  private static final List<String> THINGS = List.of("archive", "bakery", "cellar", "depot", "elevator", "foundry",
      "garden", "harbour", "inn", "junction", "kiln", "library", "mill", "nursery", "orchard", "pavilion", "quarry",
      "reservoir", "stable", "tower", "vault", "workshop", "yard", "zeppelin");

  public NeedleText {
    if (answerStart(needle, answer) < 0) {
      throw new LodestoneException("Needle " + id + ": expected the answer inside the needle but found \"" + answer
          + "\".");
    }
  }

  /** Those that come with Lodestone. */
  public static List<NeedleText> builtin() {
    return resource("needles.jsonl");
  }

  /** The three of Wu et al. 2024 (arXiv 2404.15574). */
  public static List<NeedleText> wu() {
    return resource("needles-wu.jsonl");
  }

  /**
   * From a file of lines {@code {"id", "needle", "question", "answer"}}; {@code real_needle} is read as the answer too.
   */
  public static List<NeedleText> read(Path file) {
    List<NeedleText> needles = new ArrayList<>();
    Lines.forEach(file, (number, line) -> {
      if (!line.isBlank()) {
        needles.add(parse(line, file + " line " + number, needles.size()));
      }
    });
    if (needles.isEmpty()) {
      throw new LodestoneException(file + ": expected needles, one JSON object a line, but found an empty file.");
    }
    return needles;
  }

  /** A sentence from a template: the seven-digit code of a place that is named by chance. */
  static NeedleText templated(SplitMix random) {
    var place = random.pick(QUALITIES) + " " + random.pick(THINGS);
    var code = String.valueOf(1_000_000 + random.nextInt(9_000_000));
    return new NeedleText(place, "The access code of the " + place + " is " + code + ".",
        "What is the access code of the " + place + "?", code);
  }

  /** Where the answer begins in the needle, in UTF-16 units. */
  int answerStart() {
    return answerStart(needle, answer);
  }

  /** How long it is there: a final full stop that the needle lacks does not count. */
  int answerLength() {
    return trimmed(answer).length();
  }

  private static int answerStart(String needle, String answer) {
    var wanted = trimmed(answer);
    for (int i = 0; !wanted.isBlank() && i + wanted.length() <= needle.length(); i++) {
      if (needle.regionMatches(true, i, wanted, 0, wanted.length())) {
        return i;
      }
    }
    return -1;
  }

  private static String trimmed(String answer) {
    return answer.endsWith(".") ? answer.substring(0, answer.length() - 1) : answer;
  }

  private static List<NeedleText> resource(String name) {
    try (var in = NeedleText.class.getResourceAsStream(name)) {
      var lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      List<NeedleText> needles = new ArrayList<>();
      lines.forEach(l -> needles.add(parse(l, name + " line " + (needles.size() + 1), needles.size())));
      return needles;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static NeedleText parse(String line, String where, int index) {
    var node = Json.parse(line, where);
    var answer = node.hasNonNull("answer") ? "answer" : "real_needle";
    return new NeedleText(node.path("id").asText(String.valueOf(index)), text(node, "needle", where),
        text(node, "question", where), text(node, answer, where));
  }

  private static String text(JsonNode node, String field, String where) {
    var value = node.path(field);
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw new LodestoneException(where + ": " + field + ": expected a text but found "
          + (value.isMissingNode() ? "nothing" : value) + ".");
    }
    return value.textValue();
  }
}
