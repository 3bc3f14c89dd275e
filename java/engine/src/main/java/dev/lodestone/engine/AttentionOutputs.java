package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsAttentionForward;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;

/** Where {@link AttentionOps#forward} writes. Everything but the output itself may be left out. */
public final class AttentionOutputs {
  private final Operand o;
  private Operand lse;
  private Operand argmax;
  private Operand maxProb;
  private Operand spanMass;
  private List<TokenSpan> spans = List.of();

  private AttentionOutputs(Operand o) {
    this.o = o;
  }

  /** The output: reals (tokens, heads, headDim). */
  public static AttentionOutputs of(Operand o) {
    return new AttentionOutputs(o);
  }

  /** Natural log of the sum of exponentials of each row's scores: floats (heads, tokens). */
  public AttentionOutputs lse(Operand lse) {
    this.lse = lse;
    return this;
  }

  /** The key with the highest score: ints (heads, tokens); and its probability: floats (heads, tokens). */
  public AttentionOutputs best(Operand argmax, Operand maxProb) {
    this.argmax = argmax;
    this.maxProb = maxProb;
    return this;
  }

  /**
   * Probability mass on spans of keys, at most 8: floats (heads, tokens, spans). NaN where the window hides a whole
   * span from a row.
   */
  public AttentionOutputs spanMass(List<TokenSpan> spans, Operand mass) {
    this.spans = List.copyOf(spans);
    this.spanMass = mass;
    return this;
  }

  void fill(LsAttentionForward struct) {
    Operand.fill(struct.o(), o);
    Operand.fill(struct.lse(), lse);
    Operand.fill(struct.argmax(), argmax);
    Operand.fill(struct.max_prob(), maxProb);
    Operand.fill(struct.span_mass(), spanMass);
    struct.spans(spans.size()).span_begin(begins(spans)).span_end(ends(spans));
  }

  static LongPointer begins(List<TokenSpan> spans) {
    return new LongPointer(spans.stream().mapToLong(TokenSpan::start).toArray());
  }

  static LongPointer ends(List<TokenSpan> spans) {
    return new LongPointer(spans.stream().mapToLong(TokenSpan::end).toArray());
  }
}
