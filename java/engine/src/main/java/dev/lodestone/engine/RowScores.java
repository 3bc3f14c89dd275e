package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsScoreRows;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;

/**
 * What {@link AttentionOps#scoreRows} measures of the attention probabilities of chosen query rows, and where it writes.
 * Definitions: {@link ProbeResult}. What is not named is not computed.
 */
public final class RowScores {
  private final int[] rows;
  private int[] ids;
  private List<TokenSpan> spans = List.of();
  private Operand lse;
  private Operand argmax;
  private Operand maxProb;
  private Operand second;
  private Operand secondProb;
  private Operand spanMass;
  private Operand spanOutput;
  private Operand columnSum;
  private Operand pattern;

  private RowScores(int[] rows) {
    this.rows = rows;
  }

  /** Query rows, ascending. */
  public static RowScores of(int... rows) {
    return new RowScores(rows);
  }

  /** Log-sum-exp: floats (heads, rows). */
  public RowScores lse(Operand lse) {
    this.lse = lse;
    return this;
  }

  /** The best key: ints (heads, rows); its probability: floats (heads, rows). */
  public RowScores best(Operand argmax, Operand maxProb) {
    this.argmax = argmax;
    this.maxProb = maxProb;
    return this;
  }

  /** The second-best key, −1 where there is none: ints (heads, rows); its probability: floats (heads, rows). */
  public RowScores second(Operand key, Operand probability) {
    this.second = key;
    this.secondProb = probability;
    return this;
  }

  /** Spans of keys, for the mass and the output. */
  public RowScores spans(List<TokenSpan> spans) {
    this.spans = List.copyOf(spans);
    return this;
  }

  /** Mass on each span: floats (heads, rows, spans). */
  public RowScores spanMass(Operand mass) {
    this.spanMass = mass;
    return this;
  }

  /** Σ p·v over the keys of each span: floats (heads, rows, spans, headDim). Reads v. */
  public RowScores spanOutput(Operand output) {
    this.spanOutput = output;
    return this;
  }

  /** Sum over the rows of the probability on each key: floats (heads, tokens). */
  public RowScores columnSum(Operand sum) {
    this.columnSum = sum;
    return this;
  }

  /**
   * Mass on previous-token, duplicate and induction keys: floats (heads, rows, 3).
   *
   * @param ids the tokens
   */
  public RowScores pattern(int[] ids, Operand pattern) {
    this.ids = ids.clone();
    this.pattern = pattern;
    return this;
  }

  void fill(LsScoreRows struct, long tokens) {
    if (ids != null && ids.length != tokens) {
      throw new EngineException(EngineException.INVALID,
          "score_rows: expected " + tokens + " ids but found " + ids.length);
    }
    struct.rows(rows.length).row(new LongPointer(Arrays.stream(rows).asLongStream().toArray()));
    if (ids != null) {
      struct.ids(new IntPointer(ids));
    }
    struct.spans(spans.size()).span_begin(AttentionOutputs.begins(spans)).span_end(AttentionOutputs.ends(spans));
    Operand.fill(struct.lse(), lse);
    Operand.fill(struct.argmax(), argmax);
    Operand.fill(struct.max_prob(), maxProb);
    Operand.fill(struct.second(), second);
    Operand.fill(struct.second_prob(), secondProb);
    Operand.fill(struct.span_mass(), spanMass);
    Operand.fill(struct.span_output(), spanOutput);
    Operand.fill(struct.column_sum(), columnSum);
    Operand.fill(struct.pattern(), pattern);
  }
}
