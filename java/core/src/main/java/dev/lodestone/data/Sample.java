package dev.lodestone.data;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import dev.lodestone.io.Utf8;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * A prompt with what is known about it.
 *
 * @param id unique in its file
 * @param task such as {@code niah}, {@code kv}, {@code mdqa}; empty if not said
 * @param answers accepted answers, the first is the one to train on; empty if there is none
 * @param spans ranges of the prompt in Unicode code points
 * @param meta the generator's axes and seed, or what the source said; never null
 */
public record Sample(String id, String task, String prompt, List<String> answers, List<Span> spans, ObjectNode meta) {
  // Characters beyond U+FFFF as they are, not as two escapes.
  private static final JsonGenerator.Feature COMBINE_SURROGATES =
      JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8.mappedFeature();

  public Sample {
    answers = List.copyOf(answers);
    spans = List.copyOf(spans);
  }

  /** The spans of that name, in order. */
  public Stream<Span> spans(String name) {
    return spans.stream().filter(s -> s.name().equals(name));
  }

  /** How much it counts in a training loss: {@code meta.weight}, 1 where that is not said. */
  public double weight() {
    return meta.path("weight").asDouble(1);
  }

  /** The characters of a span. */
  public String text(Span span) {
    int start = prompt.offsetByCodePoints(0, span.start());
    return prompt.substring(start, prompt.offsetByCodePoints(start, span.length()));
  }

  /** One line of a sample file, in UTF-8 with the line feed; half a surrogate pair becomes U+FFFD. */
  public byte[] toLine() {
    var bytes = new ByteArrayOutputStream(prompt.length() + prompt.length() / 8 + 1024);
    try (var json = Json.mapper().createGenerator(bytes).enable(COMBINE_SURROGATES)) {
      json.writeStartObject();
      json.writeStringField("id", Utf8.wellFormed(id));
      json.writeStringField("task", task);
      json.writeStringField("prompt", Utf8.wellFormed(prompt));
      json.writeFieldName("answers");
      json.writeArray(answers.stream().map(Utf8::wellFormed).toArray(String[]::new), 0, answers.size());
      json.writeArrayFieldStart("spans");
      for (var span : spans) {
        json.writeStartObject();
        json.writeStringField("name", span.name());
        json.writeNumberField("start", span.start());
        json.writeNumberField("end", span.end());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeFieldName("meta");
      json.writeTree(meta);
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new IllegalStateException(e); // memory does not fail so
    }
    return bytes.toByteArray();
  }

  /** The object of {@link #toLine}. */
  public ObjectNode toJson() {
    var node = Json.mapper().createObjectNode().put("id", id).put("task", task).put("prompt", prompt);
    answers.forEach(node.putArray("answers")::add);
    TokenSample.putSpans(node, spans);
    node.set("meta", meta);
    return node;
  }
}
