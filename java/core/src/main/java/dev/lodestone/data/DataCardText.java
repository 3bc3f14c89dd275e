package dev.lodestone.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.io.Json;
import java.util.Locale;

/** A data card in Markdown. */
final class DataCardText {
  private DataCardText() {}

  static String of(JsonNode card) {
    var text = new StringBuilder("# ").append(card.get("file").asText()).append("\n\n");
    text.append(String.format(Locale.ROOT, "%,d samples of the task %s", card.get("samples").asLong(),
        card.get("task").asText()));
    if (card.get("dropped").asLong() > 0) {
      text.append(String.format(Locale.ROOT, ", %,d more left out", card.get("dropped").asLong()));
    }
    text.append(".\n\n| | |\n| --- | --- |\n");
    row(text, "SHA-256", "`" + card.get("sha256").asText() + "`");
    row(text, "bytes", String.format(Locale.ROOT, "%,d", card.get("bytes").asLong()));
    length(text, card, "characters");
    length(text, card, "tokens");
    row(text, "licence", card.get("licence").asText().isEmpty() ? "not said" : card.get("licence").asText());
    card.get("versions").properties().forEach(v -> row(text, v.getKey(), v.getValue().asText()));
    text.append("\n## Axes\n\n| field | values (samples) |\n| --- | --- |\n");
    card.get("axes").properties().forEach(axis -> {
      var values = axis.getValue().properties().stream()
          .map(v -> v.getKey() + " (" + v.getValue().asLong() + ")").toList();
      row(text, axis.getKey(), String.join(", ", values));
    });
    if (!card.get("sources").isEmpty()) {
      text.append("\n## Sources\n\n| file | licence | SHA-256 |\n| --- | --- | --- |\n");
      card.get("sources").forEach(s -> row(text, s.get("name").asText(),
          s.get("licence").asText().isEmpty() ? "not said" : s.get("licence").asText(),
          "`" + s.get("sha256").asText() + "`"));
    }
    if (card.has("contamination")) {
      contamination(text, card.get("contamination"));
    }
    return text.append("\n## Configuration\n\n```json\n").append(Json.toPrettyString(card.get("configuration")))
        .append("\n```\n").toString();
  }

  private static void contamination(StringBuilder text, JsonNode found) {
    text.append("\n## Overlap with evaluation data\n\n").append(
        String.format(Locale.ROOT, "%,d of %,d samples (%.2f %%) share a run of %d words with ",
            found.get("touched").asLong(), found.get("samples").asLong(), 100 * found.get("share").asDouble(),
            found.get("words").asInt()));
    found.get("files").forEach(f -> text.append("`").append(f.asText()).append("` "));
    text.append(String.format(Locale.ROOT, "(%,d different runs).\n", found.get("evaluation_runs").asLong()));
  }

  private static void length(StringBuilder text, JsonNode card, String unit) {
    if (card.has(unit)) {
      var length = card.get(unit);
      row(text, unit, String.format(Locale.ROOT, "%,d to %,d a prompt, %,.1f on average", length.get("min").asInt(),
          length.get("max").asInt(), length.get("mean").asDouble()));
    }
  }

  private static void row(StringBuilder text, String... cells) {
    for (var cell : cells) {
      text.append("| ").append(cell.replace("|", "\\|").replace("\n", " ")).append(' ');
    }
    text.append("|\n");
  }
}
