package dev.lodestone.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
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
  public Sample {
    answers = List.copyOf(answers);
    spans = List.copyOf(spans);
  }

  /** The spans of that name, in order. */
  public Stream<Span> spans(String name) {
    return spans.stream().filter(s -> s.name().equals(name));
  }

  /** The characters of a span. */
  public String text(Span span) {
    int start = prompt.offsetByCodePoints(0, span.start());
    return prompt.substring(start, prompt.offsetByCodePoints(start, span.length()));
  }

  /** One line of a sample file. */
  public ObjectNode toJson() {
    var node = Json.mapper().createObjectNode().put("id", id).put("task", task).put("prompt", prompt);
    answers.forEach(node.putArray("answers")::add);
    TokenSample.putSpans(node, spans);
    node.set("meta", meta);
    return node;
  }
}
