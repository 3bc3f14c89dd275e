package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.List;

/** The project's own lines: text samples and token samples. */
final class SampleLine {
  private SampleLine() {}

  static Sample text(Fields line, int index) {
    var prompt = line.text("prompt");
    if (prompt.isEmpty()) {
      throw line.bad("prompt", "a text that is not empty", "\"\"");
    }
    var meta = line.object("meta");
    double weight = weight(line.has("weight") ? line : line.child("meta"));
    if (line.has("weight")) {
      meta.put("weight", weight);
    }
    return new Sample(line.label("id", String.valueOf(index)), line.label("task", ""), prompt, line.texts("answers"),
        spans(line, prompt.codePointCount(0, prompt.length()), "characters"), meta);
  }

  static TokenSample tokens(Fields line, int index, long vocabulary) {
    var tokens = line.integers("tokens", 0, vocabulary - 1, 0);
    if (tokens.length == 0) {
      throw line.bad("tokens", "at least one token", "[]");
    }
    int[] labels = null;
    if (line.has("labels")) {
      labels = line.integers("labels", 0, vocabulary - 1, TokenSample.IGNORED);
      if (labels.length != tokens.length) {
        throw line.bad("labels", tokens.length + " labels, one a token,", labels.length);
      }
    }
    return new TokenSample(line.label("id", String.valueOf(index)), tokens, labels,
        spans(line, tokens.length, "tokens"), packedLengths(line, tokens.length), null,
        weight(line));
  }

  /** {@code weight}, a number above 0; 1 where there is none. */
  private static double weight(Fields line) {
    if (!line.has("weight")) {
      return 1;
    }
    var value = line.node().get("weight");
    float asFloat = value.floatValue(); // which the engine computes with
    if (!value.isNumber() || !(asFloat > 0) || Float.isInfinite(asFloat)) {
      throw line.bad("weight", "a number above 0", value);
    }
    return value.doubleValue();
  }

  private static int[] packedLengths(Fields line, int tokens) {
    if (!line.has("packed_lengths")) {
      return null;
    }
    var lengths = line.integers("packed_lengths", 1, tokens, 1);
    long sum = 0;
    for (int length : lengths) {
      sum += length;
    }
    if (sum != tokens) {
      throw line.bad("packed_lengths", "lengths that add up to the " + tokens + " tokens", sum);
    }
    return lengths;
  }

  private static List<Span> spans(Fields line, int length, String unit) {
    List<Span> spans = new ArrayList<>();
    if (line.has("spans")) {
      for (var span : line.objects("spans")) {
        int start = span.integer("start", 0, Integer.MAX_VALUE);
        int end = span.integer("end", 0, Integer.MAX_VALUE);
        if (end > length || start >= end) {
          throw new LodestoneException(line.where() + ": " + span.path() + "end: expected a span inside the " + length
              + " " + unit + " of the sample but found start " + start + " and end " + end + ".");
        }
        spans.add(new Span(span.text("name"), start, end));
      }
    }
    return spans;
  }
}
