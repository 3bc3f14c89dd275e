package dev.lodestone.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.util.List;
import java.util.stream.Stream;

/**
 * A row of tokens.
 *
 * @param tokens at least one
 * @param labels the token at each position that is to be predicted (from the row before it), −100 where none is; null
 *     if nothing was said
 * @param spans ranges of tokens
 * @param packedLengths lengths of the documents that the row holds one after the other, all of the row; null if it is
 *     one
 * @param text the sample this came from; null if it was read as tokens
 * @param weight how much its labels count in a training loss; 1 unless said
 */
public record TokenSample(String id, int[] tokens, int[] labels, List<Span> spans, int[] packedLengths, Sample text,
    double weight) {
  /** The label that asks for nothing. */
  public static final int IGNORED = -100;

  public TokenSample {
    spans = List.copyOf(spans);
  }

  /** A sample of weight 1. */
  public TokenSample(String id, int[] tokens, int[] labels, List<Span> spans, int[] packedLengths, Sample text) {
    this(id, tokens, labels, spans, packedLengths, text, 1);
  }

  /** The spans of that name, in order. */
  public Stream<Span> spans(String name) {
    return spans.stream().filter(s -> s.name().equals(name));
  }

  /** One line of a sample file. */
  public ObjectNode toJson() {
    var node = Json.mapper().createObjectNode().put("id", id);
    putInts(node, "tokens", tokens);
    if (labels != null) {
      putInts(node, "labels", labels);
    }
    putSpans(node, spans);
    if (packedLengths != null) {
      putInts(node, "packed_lengths", packedLengths);
    }
    if (weight != 1) {
      node.put("weight", weight);
    }
    return node;
  }

  static void putSpans(ObjectNode node, List<Span> spans) {
    var array = node.putArray("spans");
    spans.forEach(s -> array.addObject().put("name", s.name()).put("start", s.start()).put("end", s.end()));
  }

  private static void putInts(ObjectNode node, String name, int[] values) {
    var array = node.putArray(name);
    for (int value : values) {
      array.add(value);
    }
  }
}
