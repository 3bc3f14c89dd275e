package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns text samples into token samples. A character span becomes the run of tokens whose own characters touch it, so a
 * token that carries a blank before the span's first word belongs to the span.
 */
public final class SampleEncoder {
  private final Tokenizer tokenizer;
  private final boolean addSpecialTokens;

  /** @param addSpecialTokens whether the tokenizer's own start and end tokens are put around the prompt */
  public SampleEncoder(Tokenizer tokenizer, boolean addSpecialTokens) {
    this.tokenizer = tokenizer;
    this.addSpecialTokens = addSpecialTokens;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** A LodestoneException if the prompt gives no token, or a span none. */
  public TokenSample encode(Sample sample) {
    var encoding = tokenizer.encode(sample.prompt(), addSpecialTokens);
    if (encoding.ids().length == 0) {
      throw new LodestoneException("Sample " + sample.id()
          + ": expected a prompt of at least one token but found none.");
    }
    List<Span> spans = new ArrayList<>(sample.spans().size());
    for (var span : sample.spans()) {
      var tokens = touching(span, encoding.starts(), encoding.ends());
      if (tokens == null) {
        throw new LodestoneException("Sample " + sample.id() + ": expected tokens under the span " + span.name()
            + " but the tokenizer drops its characters " + span.start() + " to " + span.end() + ".");
      }
      spans.add(tokens);
    }
    return new TokenSample(sample.id(), encoding.ids(), null, spans, null, sample, sample.weight());
  }

  /**
   * From the first to the last token that has a character in the span; null if none has. Tokens stand in order of text.
   */
  static Span touching(Span span, int[] starts, int[] ends) {
    int first = -1;
    int last = -1;
    for (int i = 0; i < starts.length; i++) {
      if (starts[i] < ends[i] && starts[i] < span.end() && ends[i] > span.start()) {
        first = first < 0 ? i : first;
        last = i;
      }
    }
    return first < 0 ? null : new Span(span.name(), first, last + 1);
  }
}
