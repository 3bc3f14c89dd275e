package dev.lodestone.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Puts a prompt together piece by piece and keeps the spans, in code points. */
public final class PromptBuilder {
  private final StringBuilder text = new StringBuilder();
  private final List<Span> spans = new ArrayList<>();
  private int position; // code points so far

  public PromptBuilder add(String piece) {
    text.append(piece);
    position += piece.codePointCount(0, piece.length());
    return this;
  }

  /** Adds a piece that is a span of its own; nothing is noted for an empty piece. */
  public PromptBuilder add(String spanName, String piece) {
    int start = position;
    add(piece);
    if (position > start) {
      mark(spanName, start, position);
    }
    return this;
  }

  /** Notes a span over what stands, or will stand, at these code points. */
  public PromptBuilder mark(String spanName, int start, int end) {
    spans.add(new Span(spanName, start, end));
    return this;
  }

  /** Notes a span {@code answer} wherever an answer stands in the text from a place, in code points, up to here. */
  public PromptBuilder markAnswers(Collection<String> answers, int start) {
    var since = text.substring(text.offsetByCodePoints(text.length(), start - position));
    Occurrences.of(answers, since).forEach(s -> mark(s.name(), start + s.start(), start + s.end()));
    return this;
  }

  /** Code points added so far: where the next piece begins. */
  public int position() {
    return position;
  }

  public Sample build(String id, String task, List<String> answers, ObjectNode meta) {
    return new Sample(id, task, text.toString(), answers, spans, meta);
  }
}
