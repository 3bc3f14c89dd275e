package dev.lodestone.lab.detect;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.heads.AnswerRows;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Marks the numbers that gold documents are cited by: in a span {@code document:i} that is also a {@code needle}, the
 * tokens of the first {@code i} become a span {@code citation}. Our operationalisation.
 */
final class CitationSpans {
  /** A document's number stands at its head; titles and text are not searched. */
  private static final int HEAD = 16;

  private CitationSpans() {}

  /** The sample with the spans that were found; as it is without a tokenizer or with {@code citation} spans. */
  static TokenSample mark(TokenSample sample, Tokenizer tokenizer) {
    if (tokenizer == null || sample.spans("citation").findAny().isPresent()) {
      return sample;
    }
    List<Span> spans = new ArrayList<>(sample.spans());
    for (Span span : sample.spans()) {
      if (span.name().startsWith("document:") && sample.spans("needle")
          .anyMatch(n -> n.start() == span.start() && n.end() == span.end())) {
        int[] head = Arrays.copyOfRange(sample.tokens(), span.start(), Math.min(span.end(), span.start() + HEAD));
        int[] ends = new int[head.length];
        Arrays.setAll(ends, i -> tokenizer.decode(Arrays.copyOf(head, i + 1)).length());
        int[] rows = AnswerRows.byText(tokenizer.decode(head), ends, span.name().substring("document:".length()));
        if (rows.length > 0) {
          spans.add(new Span("citation", span.start() + rows[0], span.start() + rows[rows.length - 1] + 1));
        }
      }
    }
    return new TokenSample(sample.id(), sample.tokens(), sample.labels(), spans, sample.packedLengths(), sample.text());
  }
}
