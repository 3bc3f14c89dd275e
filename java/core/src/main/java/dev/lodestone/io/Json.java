package dev.lodestone.io;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.file.Path;

/** The one JSON mapper of the project, and reading with errors that name file, line and column. */
public final class Json {
  // NaN and Infinity are read because Python's json module writes them; a key given twice is a damaged file.
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private static final DefaultPrettyPrinter PRETTY =
      new DefaultPrettyPrinter(
              Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER))
          .withObjectIndenter(new DefaultIndenter("  ", "\n"));

  private Json() {}

  public static ObjectMapper mapper() {
    return MAPPER;
  }

  /** Reads a whole JSON file, gzip or plain; {@link LodestoneException} if it is missing or not JSON. */
  public static JsonNode readFile(Path file) {
    return parse(Lines.readString(file), file.toString());
  }

  /** Parses one JSON value. {@code where} names the source in errors, e.g. {@code "data.jsonl line 3"}. */
  public static JsonNode parse(String text, String where) {
    JsonNode node;
    try {
      node = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new LodestoneException(where + place(e) + ": expected JSON: " + firstLine(e.getOriginalMessage()), e);
    }
    if (node.isMissingNode()) {
      throw new LodestoneException(where + ": expected JSON but found nothing");
    }
    return node;
  }

  /** Writes indented JSON with a line feed at its end, whole or not at all. */
  public static void writeFile(Path file, JsonNode value) {
    try (var out = AtomicOutput.open(file)) {
      out.writer().write(toPrettyString(value) + "\n");
      out.commit();
    } catch (IOException e) {
      throw new LodestoneException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  public static String toPrettyString(JsonNode value) {
    try {
      return MAPPER.writer(PRETTY).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String place(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return at == null || at.getLineNr() < 1 ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
  }

  private static String firstLine(String text) {
    String line = text.lines().findFirst().orElse("").replaceFirst(" \\(start marker at .*", "");
    return line.length() <= 200 ? line : line.substring(0, 200) + "...";
  }
}
